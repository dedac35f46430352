"""Routes below `/api/v1/appointments` about doctors' time and reasons; stand before `/{id}`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.appointments import errors
from deployments.appointments.calendar_schemas import (
    AppointmentReason,
    AvailabilityException,
    AvailabilityRequest,
    EnteredLeave,
    ExceptionRequest,
    LeaveRequest,
    PractitionerAvailability,
    ReasonList,
    ReasonRequest,
    WeeklyHours,
    WeeklyHoursRequest,
)
from deployments.appointments.service import AppointmentService
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router

router = gateway_router(tags=["availability"])
Service = Annotated[AppointmentService, Depends(service_of(AppointmentService))]

OWNERS = (Permission.APPOINTMENTS_AVAILABILITY_OWN, Permission.APPOINTMENTS_AVAILABILITY_ANY)


@router.get("/reasons")
@policy(Permission.APPOINTMENTS_SEARCH)
async def list_reasons(caller: Caller, service: Service) -> ReasonList:
    """What patients can come for."""
    return await service.reasons.list_all(caller)


@router.post("/reasons", status_code=201, responses=declared(errors.CodeInUse))
@policy(Permission.APPOINTMENTS_CONFIGURE, cost=5)
async def add_reason(body: ReasonRequest, caller: Caller, service: Service) -> AppointmentReason:
    """Add a reason for visits."""
    return await service.reasons.add(caller, body)


@router.put(
    "/reasons/{reason_id}",
    responses=declared(errors.ReasonNotFound, errors.CodeInUse, errors.ChangedMeanwhile),
)
@policy(Permission.APPOINTMENTS_CONFIGURE, cost=5)
async def replace_reason(
    reason_id: UUID, body: ReasonRequest, caller: Caller, service: Service, if_match: IfMatch
) -> AppointmentReason:
    """Replace a reason; visits that are booked keep their length."""
    return await service.reasons.replace(caller, reason_id, body, if_match)


@router.get("/availability", responses=declared(errors.PractitionerNotFound))
@policy(*OWNERS)
async def get_availability(
    caller: Caller,
    service: Service,
    practitioner_id: Annotated[UUID | None, Query(description="the caller if omitted")] = None,
) -> PractitionerAvailability:
    """A doctor's weekly hours, exceptions and leave."""
    return await service.calendar.get(caller, practitioner_id)


@router.post("/availability", status_code=201, responses=declared(errors.PractitionerNotFound))
@policy(*OWNERS, cost=5)
async def add_availability(
    body: AvailabilityRequest, caller: Caller, service: Service
) -> WeeklyHours:
    """Add weekly hours."""
    return await service.calendar.add_weekly(caller, body)


@router.put(
    "/availability/{availability_id}",
    responses=declared(errors.AvailabilityNotFound, errors.ChangedMeanwhile),
)
@policy(*OWNERS, cost=5)
async def replace_availability(
    availability_id: UUID,
    body: WeeklyHoursRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> WeeklyHours:
    """Replace weekly hours; visits that are booked stay."""
    return await service.calendar.replace_weekly(caller, availability_id, body, if_match)


@router.delete(
    "/availability/{availability_id}",
    status_code=204,
    responses=declared(errors.AvailabilityNotFound),
)
@policy(*OWNERS, cost=5)
async def delete_availability(availability_id: UUID, caller: Caller, service: Service) -> None:
    """Delete weekly hours; visits that are booked stay."""
    await service.calendar.delete_weekly(caller, availability_id)


@router.post("/exceptions", status_code=201, responses=declared(errors.PractitionerNotFound))
@policy(*OWNERS, cost=5)
async def add_exception(
    body: ExceptionRequest, caller: Caller, service: Service
) -> AvailabilityException:
    """Open extra hours on a date, or close some."""
    return await service.calendar.add_exception(caller, body)


@router.delete(
    "/exceptions/{exception_id}",
    status_code=204,
    responses=declared(errors.AvailabilityNotFound),
)
@policy(*OWNERS, cost=5)
async def delete_exception(exception_id: UUID, caller: Caller, service: Service) -> None:
    """Make a date an ordinary one again."""
    await service.calendar.delete_exception(caller, exception_id)


@router.post("/leave", status_code=201, responses=declared(errors.PractitionerNotFound))
@policy(*OWNERS, cost=10)
async def enter_leave(body: LeaveRequest, caller: Caller, service: Service) -> EnteredLeave:
    """Enter leave; lists the booked visits it falls on, whose patients are told."""
    return await service.calendar.enter_leave(caller, body)


@router.delete(
    "/leave/{leave_id}", status_code=204, responses=declared(errors.AvailabilityNotFound)
)
@policy(*OWNERS, cost=5)
async def delete_leave(leave_id: UUID, caller: Caller, service: Service) -> None:
    """Take leave back."""
    await service.calendar.delete_leave(caller, leave_id)
