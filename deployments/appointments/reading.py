"""Reading appointments: one, a page of them, a doctor's day, a history."""

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from deployments.access import Permission, Principal, Role
from deployments.appointments import mapping
from deployments.appointments.access import viewer_of
from deployments.appointments.availability import to_utc
from deployments.appointments.desk import Desk
from deployments.appointments.errors import AppointmentNotFound, PractitionerNotFound
from deployments.appointments.schemas import (
    Appointment,
    AppointmentHistory,
    AppointmentMove,
    AppointmentQuery,
    PractitionerDay,
)
from deployments.appointments.transitions import TAKING_STATUSES, AppointmentStatus
from deployments.pagination import Page, decode_cursor, page_of
from storage.appointments import repository
from storage.appointments.repository import Filter

DAY_STATUSES: Final = sorted(TAKING_STATUSES | {AppointmentStatus.NOSHOW})
MOST_IN_A_DAY: Final = 300  # one doctor's five-minute visits around the clock
MOST_UPCOMING: Final = 50


class Reading:
    """Operations that change nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, appointment_id: UUID) -> Appointment:
        """One appointment.

        Raises:
            AppointmentNotFound: none that the caller may know of.
        """
        viewer = viewer_of(principal)
        row = await self._desk.database.read(
            lambda connection: repository.find(connection, appointment_id, viewer)
        )
        if row is None:
            raise AppointmentNotFound
        return mapping.appointment(row)

    async def list_page(self, principal: Principal, query: AppointmentQuery) -> Page[Appointment]:
        """A page of appointments by start: patients see their own, doctors those with them.

        Raises:
            InvalidCursor: the cursor is not from this list.
        """
        viewer = viewer_of(principal)
        wanted = _filter(principal, viewer, query)
        rows = await self._desk.database.read(
            lambda connection: repository.list_page(connection, viewer, wanted, query.limit + 1)
        )
        found = [mapping.appointment(row) for row in rows]
        return page_of(found, query.limit, lambda one: (one.start.isoformat(), one.id))

    async def get_day(
        self, principal: Principal, practitioner_id: UUID, day: date, time_zone: str | None
    ) -> PractitionerDay:
        """A doctor's visits on a local date.

        Args:
            principal: the doctor, or staff.
            practitioner_id: whose day.
            day: the date in the zone.
            time_zone: IANA name; the hospital's when None.

        Raises:
            PractitionerNotFound: another doctor's day.
        """
        principal.require(
            Permission.APPOINTMENTS_READ_ANY, Permission.APPOINTMENTS_AVAILABILITY_OWN
        )
        viewer = viewer_of(principal)
        if viewer not in {None, practitioner_id}:
            raise PractitionerNotFound
        zone = time_zone or self._desk.time_zone
        wanted = Filter(
            practitioner_id=practitioner_id,
            statuses=DAY_STATUSES,
            start_from=to_utc(datetime.combine(day, time(0)), zone),
            start_before=to_utc(datetime.combine(day + timedelta(days=1), time(0)), zone),
        )
        rows = await self._desk.database.read(
            lambda connection: repository.list_page(connection, viewer, wanted, MOST_IN_A_DAY)
        )
        return PractitionerDay(
            practitioner_id=practitioner_id,
            date=day,
            time_zone=zone,
            appointments=[mapping.appointment(row) for row in rows],
        )

    async def list_history(self, principal: Principal, appointment_id: UUID) -> AppointmentHistory:
        """Every move of an appointment, with who and when.

        Raises:
            AppointmentNotFound: none that the caller may know of.
        """
        await self.get(principal, appointment_id)
        rows = await self._desk.database.read(
            lambda connection: repository.list_moves(connection, appointment_id)
        )
        moves = [AppointmentMove.model_validate(dict(row)) for row in rows]
        return AppointmentHistory(appointment_id=appointment_id, moves=moves)

    async def list_upcoming(self, principal: Principal, patient_id: UUID) -> list[Appointment]:
        """A patient's booked visits that have not begun, by start, as far as the caller sees."""
        viewer = viewer_of(principal)
        wanted = Filter(
            patient_id=patient_id,
            statuses=[AppointmentStatus.BOOKED],
            start_from=self._desk.clock(),
        )
        rows = await self._desk.database.read(
            lambda connection: repository.list_page(connection, viewer, wanted, MOST_UPCOMING)
        )
        return [mapping.appointment(row) for row in rows]

    async def is_current(self, appointment_id: UUID, version: int) -> bool:
        """Whether what is to be told about an appointment still holds."""
        row = await self._desk.database.read(
            lambda connection: repository.find(connection, appointment_id, None)
        )
        return row is not None and row["version"] == version


def _filter(principal: Principal, viewer: UUID | None, query: AppointmentQuery) -> Filter:
    """The filter asked for, narrowed to the caller so that an index serves it."""
    patient_id, practitioner_id = query.patient_id, query.practitioner_id
    if viewer is not None and viewer not in {patient_id, practitioner_id}:
        if Role.DOCTOR in principal.roles:
            practitioner_id = practitioner_id or viewer
        else:
            patient_id = patient_id or viewer
    after = None
    if query.cursor is not None:
        after = decode_cursor(query.cursor, datetime.fromisoformat, UUID)
    return Filter(
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        statuses=query.status,
        start_from=query.start_from,
        start_before=query.start_before,
        after=after,
    )
