"""What every change of an appointment leaves behind: a step of history, an audit row, events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.appointments import reminders
from deployments.appointments.schemas import Appointment
from deployments.appointments.transitions import AppointmentStatus, Move
from deployments.events import Event
from deployments.journal import audit_row
from deployments.publishing import publish
from storage import audit
from storage.appointments.steps import Planned, Step


def step(
    principal: Principal,
    move: Move,
    at: datetime,
    *,
    from_status: AppointmentStatus | None = None,
    previous_start: datetime | None = None,
) -> Step:
    """A line of history in the caller's name."""
    return Step(
        move=move.value,
        actor_id=principal.user_id,
        actor_role=principal.role,
        at=at,
        from_status=from_status.value if from_status else None,
        previous_start=previous_start,
    )


def plan_reminders(status: AppointmentStatus, start: datetime, now: datetime) -> list[Planned]:
    """Reminders to write with a change: only booked visits have some."""
    if status is not AppointmentStatus.BOOKED:
        return []
    return [Planned(one.kind.value, one.due_at) for one in reminders.plan(start, now)]


def record(
    connection: Connection, principal: Principal, move: Move, changed: Appointment, *events: Event
) -> Appointment:
    """Writes the audit row and publishes; returns the appointment, as operations answer it."""
    write_audit(
        connection,
        principal,
        action=move.value,
        object_type="Appointment",
        object_id=changed.id,
        patient_id=changed.patient_id,
        at=changed.updated_at,
    )
    publish(connection, *events)
    return changed


def write_audit(
    connection: Connection,
    principal: Principal,
    *,
    action: str,
    object_type: str,
    object_id: UUID,
    at: datetime,
    patient_id: UUID | None = None,
) -> None:
    """Writes an audit row in the caller's name."""
    row = audit_row(
        principal, f"appointments.{action}", object_type, object_id, at, patient_id=patient_id
    )
    audit.write_rows(connection, [row])
