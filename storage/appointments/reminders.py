"""Reminders that are due: claimed by one replica, settled in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update

from storage.appointments.bookings import COLUMNS
from storage.appointments.tables import Appointment, AppointmentReminder


def claim_due(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Locks up to `limit` due reminders that nobody else has, each with its appointment.

    Each row is the appointment with `reminder_id` and `kind`.
    """
    query = (
        select(
            AppointmentReminder.id.label("reminder_id"),
            AppointmentReminder.kind,
            *COLUMNS,
        )
        .join(Appointment, Appointment.id == AppointmentReminder.appointment_id)
        .where(AppointmentReminder.status == "scheduled", AppointmentReminder.due_at <= now)
        .order_by(AppointmentReminder.due_at)
        .limit(limit)
        .with_for_update(of=AppointmentReminder, skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def settle(connection: Connection, ids: Sequence[UUID], status: str, now: datetime) -> None:
    """Marks claimed reminders as sent or skipped."""
    if ids:
        connection.execute(
            update(AppointmentReminder)
            .where(AppointmentReminder.id.in_(ids))
            .values(status=status, settled_at=now)
        )
