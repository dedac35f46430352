"""Taking over what another system knows. The past is welcome; overlaps are not. Nobody is told.

Only the services are, that need to know who saw whom.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.appointments import mapping
from deployments.appointments.availability import Hours, Visit
from deployments.appointments.calendar_schemas import (
    ImportedSchedule,
    ImportReceipt,
    WeeklyHoursRequest,
)
from deployments.appointments.desk import Desk
from deployments.appointments.errors import (
    ConflictingImport,
    PatientBusy,
    ReasonNotFound,
    SlotTaken,
)
from deployments.appointments.events import AppointmentImported
from deployments.appointments.rebooking import loss_of
from deployments.appointments.recording import plan_reminders, record, step, write_audit
from deployments.appointments.schemas import Identifier, ImportedAppointment
from deployments.appointments.taking import wanted_time
from deployments.appointments.transitions import AppointmentStatus, Move
from storage.appointments import availability, bookings, locks, reasons, repository
from storage.appointments.bookings import Wanted
from storage.columns import new_id
from storage.database import ConstraintViolated

COMPARED: Final = ("status", "start", "end", "location_id", "location_name", "comment")


class Imports:
    """Operations of the importer; each is idempotent by identifier."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def import_schedule(
        self, principal: Principal, schedule: ImportedSchedule
    ) -> ImportReceipt:
        """Replaces the weekly hours that were imported with the identifier.

        Raises:
            PractitionerNotFound: no such doctor.
        """
        principal.require(Permission.APPOINTMENTS_IMPORT)
        doctor = await self._desk.directory.get_doctor(schedule.practitioner_id)

        def work(connection: Connection) -> ImportReceipt:
            locks.lock_calendar(connection, doctor.id)
            identifier = schedule.identifier
            known = availability.list_imported(connection, identifier.system, identifier.value)
            rules = [_rule(doctor.id, hours) for hours in schedule.weekly]
            if known and _same(known, rules):
                return ImportReceipt(id=doctor.id, outcome="unchanged")
            availability.delete_imported(connection, identifier.system, identifier.value)
            _add_rules(connection, identifier, rules, self._desk.clock())
            write_audit(
                connection,
                principal,
                action="import_schedule",
                object_type="DoctorAvailability",
                object_id=doctor.id,
                at=self._desk.clock(),
            )
            return ImportReceipt(id=doctor.id, outcome="updated" if known else "created")

        return await self._desk.database.transact(work)

    async def import_appointment(
        self, principal: Principal, imported: ImportedAppointment
    ) -> ImportReceipt:
        """Takes in a visit with the status it has, or brings a known one up to date.

        Raises:
            ReasonNotFound: no reason has the code.
            ConflictingImport: the identifier belongs to a visit of other people.
            SlotTaken: the doctor has another visit then.
            PatientBusy: the patient has another visit then.
        """
        principal.require(Permission.APPOINTMENTS_IMPORT)

        def work(connection: Connection) -> ImportReceipt:
            now = self._desk.clock()
            identifier = imported.identifier
            known = repository.find_by_identifier(connection, identifier.system, identifier.value)
            if known is not None:
                return _update(connection, principal, imported, known, now)
            return _add(connection, principal, imported, now)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated as violated:
            raise loss_of(violated) from None


def _rule(practitioner_id: UUID, hours: WeeklyHoursRequest) -> dict[str, Any]:
    return {"practitioner_id": practitioner_id, **mapping.weekly_values(hours)}


def _same(known: Sequence[mapping.Row], rules: Sequence[mapping.Row]) -> bool:
    return {_whose(row) for row in known} == {_whose(row) for row in rules}


def _whose(rule: mapping.Row) -> tuple[UUID, Hours]:
    return rule["practitioner_id"], mapping.hours(rule)


def _add_rules(
    connection: Connection, identifier: Identifier, rules: Sequence[mapping.Row], now: datetime
) -> None:
    more = {
        "identifier_system": identifier.system,
        "identifier_value": identifier.value,
        "version": 1,
        "updated_at": now,
    }
    if rules:
        availability.add_rules(connection, [{"id": new_id(), **rule, **more} for rule in rules])


def _add(
    connection: Connection, principal: Principal, imported: ImportedAppointment, now: datetime
) -> ImportReceipt:
    reason = reasons.find_by_code(connection, imported.reason_code)
    if reason is None:
        raise ReasonNotFound
    values = {
        **_values(imported),
        "reason_id": reason["id"],
        "identifier_system": imported.identifier.system,
        "identifier_value": imported.identifier.value,
    }
    wanted = _wanted(imported)
    line = step(principal, Move.IMPORT, now)
    planned = plan_reminders(imported.status, imported.start, now)
    row = bookings.add(connection, wanted, values, line, planned)
    if row is None:
        raise PatientBusy if bookings.is_patient_busy(connection, wanted) else SlotTaken
    _record(connection, principal, row, now)
    return ImportReceipt(id=row["id"], outcome="created")


def _update(
    connection: Connection,
    principal: Principal,
    imported: ImportedAppointment,
    known: mapping.Row,
    now: datetime,
) -> ImportReceipt:
    known_id: UUID = known["id"]
    people = (imported.patient_id, imported.practitioner_id)
    if people != (known["patient_id"], known["practitioner_id"]):
        raise ConflictingImport
    if all(getattr(imported, name) == known[name] for name in COMPARED):
        return ImportReceipt(id=known_id, outcome="unchanged")
    locks.lock_calendar(connection, imported.practitioner_id)
    current = repository.get_locked(connection, known_id)
    line = step(
        principal,
        Move.IMPORT,
        now,
        from_status=AppointmentStatus(current["status"]),
        previous_start=current["start"] if current["start"] != imported.start else None,
    )
    values = _wanted(imported).columns() | _values(imported)
    planned = plan_reminders(imported.status, imported.start, now)
    row = bookings.change(connection, known_id, values, line, planned)
    _record(connection, principal, row, now)
    return ImportReceipt(id=known_id, outcome="updated")


def _record(connection: Connection, principal: Principal, row: mapping.Row, now: datetime) -> None:
    taken = mapping.appointment(row)
    told = mapping.event(AppointmentImported, taken, now, status=taken.status.value)
    record(connection, principal, Move.IMPORT, taken, told)


def _values(imported: ImportedAppointment) -> dict[str, Any]:
    """What the other system says; an imported hold lives until its visit begins."""
    pending = imported.status is AppointmentStatus.PENDING
    return {
        "status": imported.status.value,
        "hold_expires_at": imported.start if pending else None,
        "cancellation_code": imported.cancellation_code,
        "location_id": imported.location_id,
        "location_name": imported.location_name,
        "comment": imported.comment,
    }


def _wanted(imported: ImportedAppointment) -> Wanted:
    """The time of the visit alone: what buffers it had then is not known."""
    visit = Visit(imported.end - imported.start)
    return wanted_time(imported.practitioner_id, imported.patient_id, visit, imported.start)
