"""Routes below `/api/v1/appointments` about visits."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.appointments import errors
from deployments.appointments.schemas import (
    Appointment,
    AppointmentHistory,
    AppointmentQuery,
    AppointmentRequest,
    Cancellation,
    PractitionerDay,
    Rescheduling,
    SlotQuery,
    TimeSlot,
)
from deployments.appointments.service import AppointmentService
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Day, TimeZoneName

router = gateway_router(tags=["appointments"])
Service = Annotated[AppointmentService, Depends(service_of(AppointmentService))]

READERS = (Permission.APPOINTMENTS_READ_OWN, Permission.APPOINTMENTS_READ_ANY)
BOOKERS = (Permission.APPOINTMENTS_BOOK_OWN, Permission.APPOINTMENTS_BOOK_ANY)
NOT_BOOKED = (
    errors.PatientNotFound,
    errors.PractitionerNotFound,
    errors.ReasonNotFound,
    errors.NotBookable,
    errors.NotOffered,
    errors.SlotTaken,
    errors.PatientBusy,
)
NOT_MOVED = (errors.AppointmentNotFound, errors.ChangedMeanwhile, errors.MoveNotAllowed)


@router.get("/slots", responses=declared(errors.ReasonNotFound, errors.NotBookable, InvalidCursor))
@policy(Permission.APPOINTMENTS_SEARCH, cost=2)
async def search_slots(
    caller: Caller, service: Service, query: Annotated[SlotQuery, Query()]
) -> Page[TimeSlot]:
    """Free times over doctors and days; a page may be short although more follow."""
    return await service.slots.search(caller, query)


@router.post("/holds", status_code=201, responses=declared(*NOT_BOOKED, errors.TooManyHolds))
@policy(*BOOKERS, cost=10)
async def hold(body: AppointmentRequest, caller: Caller, service: Service) -> Appointment:
    """Hold a time for a few minutes; confirm it or it expires."""
    return await service.booking.hold(caller, body)


@router.get("/days/{practitioner_id}", responses=declared(errors.PractitionerNotFound))
@policy(Permission.APPOINTMENTS_READ_ANY, Permission.APPOINTMENTS_AVAILABILITY_OWN)
async def get_day(
    practitioner_id: UUID,
    caller: Caller,
    service: Service,
    date: Annotated[Day, Query(description="local date")],
    time_zone: Annotated[
        TimeZoneName | None, Query(description="the hospital's if omitted")
    ] = None,
) -> PractitionerDay:
    """A doctor's visits on a date, by start."""
    return await service.reading.get_day(caller, practitioner_id, date, time_zone)


@router.post("/", status_code=201, responses=declared(*NOT_BOOKED))
@policy(*BOOKERS, cost=10)
async def book(body: AppointmentRequest, caller: Caller, service: Service) -> Appointment:
    """Book a visit in one step."""
    return await service.booking.book(caller, body)


@router.get("/", responses=declared(InvalidCursor))
@policy(*READERS)
async def list_appointments(
    caller: Caller, service: Service, query: Annotated[AppointmentQuery, Query()]
) -> Page[Appointment]:
    """Visits by start: patients see their own, doctors those with them, staff all."""
    return await service.reading.list_page(caller, query)


@router.get("/{appointment_id}", responses=declared(errors.AppointmentNotFound))
@policy(*READERS)
async def get_appointment(appointment_id: UUID, caller: Caller, service: Service) -> Appointment:
    """One visit."""
    return await service.reading.get(caller, appointment_id)


@router.get("/{appointment_id}/history", responses=declared(errors.AppointmentNotFound))
@policy(*READERS)
async def get_history(appointment_id: UUID, caller: Caller, service: Service) -> AppointmentHistory:
    """Every move of a visit, with who and when."""
    return await service.reading.list_history(caller, appointment_id)


@router.post("/{appointment_id}/renew", responses=declared(*NOT_MOVED, errors.HoldExpired))
@policy(*BOOKERS, cost=5)
async def renew(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """Give a hold another lease, up to its longest life."""
    return await service.rebooking.renew(caller, appointment_id, if_match)


@router.post(
    "/{appointment_id}/confirm",
    responses=declared(*NOT_MOVED, errors.HoldExpired, errors.NotOffered, errors.NotBookable),
)
@policy(*BOOKERS, cost=10)
async def confirm(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """Make a hold a booked visit."""
    return await service.rebooking.confirm(caller, appointment_id, if_match)


@router.post(
    "/{appointment_id}/reschedule",
    responses=declared(
        *NOT_MOVED, errors.NotBookable, errors.NotOffered, errors.SlotTaken, errors.PatientBusy
    ),
)
@policy(*BOOKERS, cost=10)
async def reschedule(
    appointment_id: UUID, body: Rescheduling, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """Move a booked visit to another time; its id stays."""
    return await service.rebooking.reschedule(caller, appointment_id, body, if_match)


@router.post(
    "/{appointment_id}/cancel",
    responses=declared(*NOT_MOVED, errors.CancellationReasonNotAllowed, errors.NotBookable),
)
@policy(*BOOKERS, cost=5)
async def cancel(
    appointment_id: UUID, body: Cancellation, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """Cancel a visit or give a hold back, with the reason."""
    return await service.visits.cancel(caller, appointment_id, body, if_match)


@router.post("/{appointment_id}/arrive", responses=declared(*NOT_MOVED))
@policy(Permission.APPOINTMENTS_CHECK_IN, cost=5)
async def arrive(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """The patient has come."""
    return await service.visits.arrive(caller, appointment_id, if_match)


@router.post("/{appointment_id}/check-in", responses=declared(*NOT_MOVED))
@policy(Permission.APPOINTMENTS_CHECK_IN, cost=5)
async def check_in(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """The patient is ready to be seen."""
    return await service.visits.check_in(caller, appointment_id, if_match)


@router.post("/{appointment_id}/fulfil", responses=declared(*NOT_MOVED))
@policy(Permission.APPOINTMENTS_FULFIL, cost=5)
async def fulfil(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """The visit took place."""
    return await service.visits.fulfil(caller, appointment_id, if_match)


@router.post("/{appointment_id}/no-show", responses=declared(*NOT_MOVED, errors.TooEarly))
@policy(Permission.APPOINTMENTS_CHECK_IN, cost=5)
async def no_show(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """The patient did not come; only after the grace time."""
    return await service.visits.no_show(caller, appointment_id, if_match)


@router.post("/{appointment_id}/entered-in-error", responses=declared(*NOT_MOVED))
@policy(Permission.APPOINTMENTS_CORRECT, cost=5)
async def enter_in_error(
    appointment_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Appointment:
    """The visit should never have been written; it stays, and says so."""
    return await service.visits.enter_in_error(caller, appointment_id, if_match)
