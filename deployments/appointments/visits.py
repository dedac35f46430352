"""What becomes of a visit: cancelled, arrived, checked in, fulfilled, no-show, in error."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.appointments import mapping, rules, taking
from deployments.appointments.access import is_by_patient, viewer_of
from deployments.appointments.desk import Desk
from deployments.appointments.errors import AppointmentNotFound
from deployments.appointments.events import (
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentEnteredInError,
    AppointmentEvent,
    AppointmentFulfilled,
    AppointmentNoShow,
)
from deployments.appointments.recording import record, step
from deployments.appointments.schemas import Appointment, Cancellation
from deployments.appointments.transitions import AppointmentStatus, Move, check_move
from storage.appointments import availability, bookings, repository

Check = Callable[[mapping.Row, datetime], None]
STAMPS: Final = {
    Move.ARRIVE: "arrived_at",
    Move.CHECK_IN: "checked_in_at",
    Move.FULFIL: "fulfilled_at",
    Move.NO_SHOW: "noshow_at",
}
TOLD: Final[dict[Move, type[AppointmentEvent]]] = {
    Move.CHECK_IN: AppointmentCheckedIn,
    Move.FULFIL: AppointmentFulfilled,
    Move.NO_SHOW: AppointmentNoShow,
    Move.ENTER_IN_ERROR: AppointmentEnteredInError,
}


class Visits:
    """Operations that change what a visit is, not when."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def cancel(
        self,
        principal: Principal,
        appointment_id: UUID,
        request: Cancellation,
        expected: int | None = None,
    ) -> Appointment:
        """Cancels a visit or gives a hold back; the time is free at once.

        Raises:
            AppointmentNotFound: none that the caller can change.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is over, or the patient is there already.
            CancellationReasonNotAllowed: not a patient's reason.
            NotBookable: the visit has begun, and its patient calls the hospital.
        """

        def work(connection: Connection) -> Appointment:
            now = self._desk.clock()
            row = taking.lock_managed(connection, principal, appointment_id, expected)
            by_patient = is_by_patient(principal, row["patient_id"])
            rules.check_cancellation(
                request.code, by_patient=by_patient, start=row["start"], now=now
            )
            values = {
                "cancelled_at": now,
                "cancellation_code": request.code.value,
                "cancellation_text": request.text,
            }
            changed = _move(connection, principal, Move.CANCEL, row, values, now)
            if row["status"] != AppointmentStatus.BOOKED:
                return record(connection, principal, Move.CANCEL, changed)
            told = mapping.event(
                AppointmentCancelled,
                changed,
                now,
                reason_code=availability.reason_code(connection, changed.reason_id),
                cancellation_code=request.code.value,
                by_patient=by_patient,
            )
            return record(connection, principal, Move.CANCEL, changed, told)

        return await self._desk.database.transact(work)

    async def arrive(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """The patient has come.

        Raises:
            DomainError: as `check_in`.
        """
        principal.require(Permission.APPOINTMENTS_CHECK_IN)
        return await self._moved(principal, Move.ARRIVE, appointment_id, expected)

    async def check_in(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """The patient has come, the formalities are done, and the doctor can begin.

        Raises:
            AppointmentNotFound: none that the caller may know of.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: its status does not allow it.
        """
        principal.require(Permission.APPOINTMENTS_CHECK_IN)
        return await self._moved(principal, Move.CHECK_IN, appointment_id, expected)

    async def fulfil(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """The visit took place.

        Raises:
            DomainError: as `check_in`.
        """
        principal.require(Permission.APPOINTMENTS_FULFIL)
        return await self._moved(principal, Move.FULFIL, appointment_id, expected)

    async def no_show(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """The patient did not come, and has had time to come late.

        Raises:
            TooEarly: the grace time has not passed.
            DomainError: as `check_in`.
        """
        principal.require(Permission.APPOINTMENTS_CHECK_IN)

        def check(row: mapping.Row, now: datetime) -> None:
            rules.check_no_show(row["start"], now, self._desk.settings.no_show_grace)

        return await self._moved(principal, Move.NO_SHOW, appointment_id, expected, check)

    async def enter_in_error(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """The appointment should never have been written; it stays, and says so.

        Raises:
            DomainError: as `check_in`.
        """
        principal.require(Permission.APPOINTMENTS_CORRECT)
        return await self._moved(principal, Move.ENTER_IN_ERROR, appointment_id, expected)

    async def _moved(
        self,
        principal: Principal,
        move: Move,
        appointment_id: UUID,
        expected: int | None,
        check: Check | None = None,
    ) -> Appointment:
        viewer = viewer_of(principal)

        def work(connection: Connection) -> Appointment:
            now = self._desk.clock()
            row = repository.find(connection, appointment_id, viewer, lock=True)
            if row is None:
                raise AppointmentNotFound
            rules.check_version(row["version"], expected)
            stamp = {STAMPS[move]: now} if move in STAMPS else {}
            check_move(move, AppointmentStatus(row["status"]))
            if check is not None:
                check(row, now)
            changed = _move(connection, principal, move, row, stamp, now)
            if move not in TOLD:
                return record(connection, principal, move, changed)
            reason_code = availability.reason_code(connection, changed.reason_id)
            told = mapping.event(TOLD[move], changed, now, reason_code=reason_code)
            return record(connection, principal, move, changed, told)

        return await self._desk.database.transact(work)


def _move(
    connection: Connection,
    principal: Principal,
    move: Move,
    row: mapping.Row,
    values: dict[str, Any],
    now: datetime,
) -> Appointment:
    status = AppointmentStatus(row["status"])
    target = check_move(move, status)
    line = step(principal, move, now, from_status=status)
    changes = {"status": target.value, **values}
    return mapping.appointment(bookings.change(connection, row["id"], changes, line))
