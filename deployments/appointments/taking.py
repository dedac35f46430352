"""What every operation that takes a doctor's time shares, inside its transaction."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.appointments import mapping, rules
from deployments.appointments.access import check_manages, viewer_of
from deployments.appointments.availability import Slot, Visit
from deployments.appointments.cancellation import HOLD_EXPIRED
from deployments.appointments.errors import AppointmentNotFound, ReasonNotFound
from deployments.appointments.mapping import Facts
from deployments.appointments.recording import step
from deployments.appointments.settings import AppointmentSettings
from deployments.appointments.transitions import AppointmentStatus, Move
from storage.appointments import availability, bookings, repository
from storage.appointments.bookings import Wanted

SYSTEM: Final = Principal.for_service("appointments")


def lock_managed(
    connection: Connection, principal: Principal, appointment_id: UUID, expected: int | None
) -> mapping.Row:
    """The appointment, locked, as one that the caller can change.

    Raises:
        AppointmentNotFound: none that the caller can change.
        ChangedMeanwhile: it is not in the expected version.
    """
    row = repository.find(connection, appointment_id, viewer_of(principal), lock=True)
    if row is None:
        raise AppointmentNotFound
    check_manages(principal, row)
    rules.check_version(row["version"], expected)
    return row


def get_facts(
    connection: Connection, practitioner_id: UUID, reason_id: UUID, start: datetime
) -> Facts:
    """What decides whether the visit can begin at `start`.

    Raises:
        ReasonNotFound: no such reason.
    """
    facts = mapping.facts(availability.read_facts(connection, practitioner_id, reason_id, start))
    if facts is None:
        raise ReasonNotFound
    return facts


def check_slot(
    facts: Facts,
    start: datetime,
    now: datetime,
    settings: AppointmentSettings,
    *,
    by_patient: bool,
) -> Slot:
    """The slot that the doctor offers at `start`.

    Raises:
        NotBookable: too soon, too far ahead, or past.
        NotOffered: there is none.
    """
    notice = facts.notice if by_patient else rules.NO_NOTICE
    rules.check_time(start, now, notice=notice, horizon=settings.horizon)
    return rules.check_offered(facts.hours, facts.visit, start, on_leave=facts.on_leave)


def wanted_time(practitioner_id: UUID, patient_id: UUID, visit: Visit, start: datetime) -> Wanted:
    """The time that a visit asks for, of the doctor and of the patient."""
    occupied = visit.occupied(start)
    return Wanted(
        practitioner_id=practitioner_id,
        patient_id=patient_id,
        start=start,
        end=visit.at(start).end,
        occupied_from=occupied.start,
        occupied_until=occupied.end,
    )


def place(slot: Slot) -> dict[str, Any]:
    """The columns that say where."""
    return {"location_id": slot.location_id, "location_name": slot.location_name}


def free_expired(connection: Connection, wanted: Wanted, now: datetime) -> int:
    """Frees expired holds in the way; returns how many there were."""
    line = step(SYSTEM, Move.EXPIRE, now, from_status=AppointmentStatus.PENDING)
    return bookings.free_expired(connection, wanted, line, HOLD_EXPIRED)
