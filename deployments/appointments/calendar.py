"""A doctor's time: weekly hours, exceptions, leave. Each change holds the calendar alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.appointments import mapping, rules
from deployments.appointments.access import owned_calendar, practitioner_of
from deployments.appointments.calendar_schemas import (
    AvailabilityException,
    AvailabilityRequest,
    EnteredLeave,
    ExceptionRequest,
    Leave,
    LeaveRequest,
    PractitionerAvailability,
    WeeklyHours,
    WeeklyHoursRequest,
)
from deployments.appointments.desk import Desk
from deployments.appointments.errors import AvailabilityNotFound
from deployments.appointments.events import AppointmentAffectedByLeave
from deployments.appointments.recording import write_audit
from deployments.publishing import publish
from storage.appointments import availability, locks
from storage.columns import new_id

T = TypeVar("T")


class Calendar:
    """Operations of doctors on their own time, and of administrators on anybody's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(
        self, principal: Principal, practitioner_id: UUID | None
    ) -> PractitionerAvailability:
        """Everything that decides when a doctor can be booked; past leave is left out.

        Raises:
            PractitionerNotFound: another doctor's.
        """
        whose = practitioner_of(principal, practitioner_id)
        now = self._desk.clock()

        def work(connection: Connection) -> PractitionerAvailability:
            weekly, exceptions = mapping.split(availability.list_rules(connection, whose))
            leave = availability.list_leave(connection, whose, now)
            return PractitionerAvailability(
                practitioner_id=whose,
                weekly=weekly,
                exceptions=exceptions,
                leave=[_leave(row) for row in leave],
            )

        return await self._desk.database.read(work)

    async def add_weekly(self, principal: Principal, request: AvailabilityRequest) -> WeeklyHours:
        """Adds a weekly rule.

        Raises:
            PractitionerNotFound: no such doctor, or another's calendar.
        """

        def write(connection: Connection, whose: UUID, now: datetime) -> WeeklyHours:
            values = _new(whose, now) | mapping.weekly_values(request)
            return mapping.weekly(availability.add_rules(connection, [values])[0])

        return await self._added(principal, request.practitioner_id, "add_hours", write)

    async def replace_weekly(
        self,
        principal: Principal,
        availability_id: UUID,
        request: WeeklyHoursRequest,
        expected: int | None = None,
    ) -> WeeklyHours:
        """Replaces a weekly rule; visits booked by the old one stay.

        Raises:
            AvailabilityNotFound: none that the caller can change.
            ChangedMeanwhile: it is not in the expected version.
        """

        def write(connection: Connection, row: mapping.Row, now: datetime) -> WeeklyHours:
            rules.check_version(row["version"], expected)
            values = {"updated_at": now, **mapping.weekly_values(request)}
            return mapping.weekly(availability.replace_rule(connection, row["id"], values))

        return await self._changed(principal, availability_id, "replace_hours", write, weekly=True)

    async def delete_weekly(self, principal: Principal, availability_id: UUID) -> None:
        """Deletes a weekly rule; visits booked by it stay.

        Raises:
            AvailabilityNotFound: none that the caller can change.
        """
        await self._changed(principal, availability_id, "delete_hours", _delete, weekly=True)

    async def add_exception(
        self, principal: Principal, request: ExceptionRequest
    ) -> AvailabilityException:
        """Opens extra hours on a date, or closes some; booked visits stay: use leave for those.

        Raises:
            PractitionerNotFound: no such doctor, or another's calendar.
        """

        def write(connection: Connection, whose: UUID, now: datetime) -> AvailabilityException:
            values = _new(whose, now) | mapping.exception_values(request)
            return mapping.exception(availability.add_rules(connection, [values])[0])

        return await self._added(principal, request.practitioner_id, "add_exception", write)

    async def delete_exception(self, principal: Principal, exception_id: UUID) -> None:
        """Makes the date an ordinary one again.

        Raises:
            AvailabilityNotFound: none that the caller can change.
        """
        await self._changed(principal, exception_id, "delete_exception", _delete, weekly=False)

    async def enter_leave(self, principal: Principal, request: LeaveRequest) -> EnteredLeave:
        """Enters leave; the booked visits it falls on are listed, and their patients told.

        Raises:
            PractitionerNotFound: no such doctor, or another's calendar.
        """

        def write(connection: Connection, whose: UUID, now: datetime) -> EnteredLeave:
            row = availability.add_leave(
                connection,
                {
                    "id": new_id(),
                    "practitioner_id": whose,
                    "start": request.start,
                    "end": request.end,
                    "reason": request.reason,
                    "created_by": principal.user_id,
                    "created_at": now,
                },
            )
            rows = availability.list_affected(connection, whose, request.start, request.end)
            affected = [mapping.appointment(one) for one in rows]
            told = [
                mapping.event(AppointmentAffectedByLeave, one, now, leave_id=row["id"])
                for one in affected
            ]
            publish(connection, *told)
            return EnteredLeave(**_leave(row).model_dump(), affected=affected)

        return await self._added(principal, request.practitioner_id, "enter_leave", write)

    async def delete_leave(self, principal: Principal, leave_id: UUID) -> None:
        """Takes leave back; the time can be booked again.

        Raises:
            AvailabilityNotFound: none that the caller can change.
        """
        owner = owned_calendar(principal)

        def work(connection: Connection) -> None:
            row = availability.delete_leave(connection, leave_id, owner)
            if row is None:
                raise AvailabilityNotFound
            self._audit(connection, principal, "delete_leave", leave_id)

        await self._desk.database.transact(work)

    async def _added(
        self,
        principal: Principal,
        wanted: UUID | None,
        action: str,
        write: Callable[[Connection, UUID, datetime], T],
    ) -> T:
        whose = practitioner_of(principal, wanted)
        await self._desk.directory.get_doctor(whose)

        def work(connection: Connection) -> T:
            locks.lock_calendar(connection, whose)
            added = write(connection, whose, self._desk.clock())
            self._audit(connection, principal, action, whose)
            return added

        return await self._desk.database.transact(work)

    async def _changed(
        self,
        principal: Principal,
        rule_id: UUID,
        action: str,
        write: Callable[[Connection, mapping.Row, datetime], T],
        *,
        weekly: bool,
    ) -> T:
        owner = owned_calendar(principal)

        def find(connection: Connection) -> mapping.Row:
            row = availability.find_rule(connection, rule_id, owner, weekly=weekly)
            if row is None:
                raise AvailabilityNotFound
            return row

        def work(connection: Connection) -> T:
            locks.lock_calendar(connection, find(connection)["practitioner_id"])
            changed = write(connection, find(connection), self._desk.clock())
            self._audit(connection, principal, action, rule_id)
            return changed

        return await self._desk.database.transact(work)

    def _audit(
        self, connection: Connection, principal: Principal, action: str, object_id: UUID
    ) -> None:
        write_audit(
            connection,
            principal,
            action=action,
            object_type="DoctorAvailability",
            object_id=object_id,
            at=self._desk.clock(),
        )


def _new(practitioner_id: UUID, now: datetime) -> dict[str, Any]:
    return {"id": new_id(), "practitioner_id": practitioner_id, "version": 1, "updated_at": now}


def _delete(connection: Connection, row: mapping.Row, _now: datetime) -> None:
    availability.delete_rule(connection, row["id"])


def _leave(row: mapping.Row) -> Leave:
    return Leave(**{name: row[name] for name in Leave.model_fields})
