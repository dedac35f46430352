"""Reminders that are due: claimed by one replica, settled in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update

from storage.appointments.bookings import COLUMNS
from storage.appointments.tables import APPOINTMENTS, REMINDERS


def claim_due(connection: Connection, now: datetime, limit: int) -> Sequence[RowMapping]:
    """Locks up to `limit` due reminders that nobody else has, each with its appointment.

    Each row is the appointment with `reminder_id` and `kind`.
    """
    query = (
        select(
            REMINDERS.c.id.label("reminder_id"),
            REMINDERS.c.kind,
            *COLUMNS,
        )
        .select_from(REMINDERS.join(APPOINTMENTS, APPOINTMENTS.c.id == REMINDERS.c.appointment_id))
        .where(REMINDERS.c.status == "scheduled", REMINDERS.c.due_at <= now)
        .order_by(REMINDERS.c.due_at)
        .limit(limit)
        .with_for_update(of=REMINDERS, skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def settle(connection: Connection, ids: Sequence[UUID], status: str, now: datetime) -> None:
    """Marks claimed reminders as sent or skipped."""
    if ids:
        connection.execute(
            update(REMINDERS).where(REMINDERS.c.id.in_(ids)).values(status=status, settled_at=now)
        )
