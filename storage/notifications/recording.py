"""Writes what was heard: one transaction per event, few statements whatever the recipients.

Statements are made once and rows passed beside them, not as `values`: so each is compiled once,
and still travels as one INSERT of many rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.notifications.tables import (
    Delivery,
    Inbox,
    KnownAppointment,
    LogEntry,
    Notification,
)

_known = upsert(KnownAppointment)
NOTE: Final = _known.on_conflict_do_update(
    index_elements=[KnownAppointment.appointment_id],
    set_={name: _known.excluded[name] for name in ("version", "status", "start")},
    where=KnownAppointment.version < _known.excluded.version,
).returning(KnownAppointment.version, KnownAppointment.status, KnownAppointment.start)
KNOWN: Final = select(
    KnownAppointment.version, KnownAppointment.status, KnownAppointment.start
).where(KnownAppointment.appointment_id == bindparam("appointment_id"))
NEXT_NUMBER: Final = (
    upsert(Inbox)
    .on_conflict_do_update(
        index_elements=[Inbox.recipient_id],
        set_={"last_number": Inbox.last_number + 1, "unread": Inbox.unread + 1},
    )
    .returning(Inbox.recipient_id, Inbox.last_number)
)


@dataclass(frozen=True)
class AppointmentFacts:
    """What an event says about an appointment."""

    appointment_id: UUID
    version: int
    status: str
    start: datetime


@dataclass(frozen=True)
class Step:
    """A line for the log: what was done for one recipient by one channel, or why not."""

    recipient_id: UUID
    channel: str
    step: str
    reason: str | None = None
    workflow: str | None = None


def note_appointment(connection: Connection, facts: AppointmentFacts) -> AppointmentFacts:
    """Remembers the facts unless newer ones are known; returns what is known now.

    Equal versions overwrite nothing: a reminder repeats the version of the booking it reminds of.
    """
    row = connection.execute(NOTE, vars(facts)).first()
    if row is None:
        row = connection.execute(KNOWN, {"appointment_id": facts.appointment_id}).one()
    return AppointmentFacts(facts.appointment_id, row.version, row.status, row.start)


def take_numbers(connection: Connection, recipients: Collection[UUID]) -> dict[UUID, int]:
    """Gives each recipient's inbox its next number and one more unread.

    The counter rows stay locked until COMMIT; ascending ids keep two events from deadlocking.
    """
    if not recipients:
        return {}
    rows = connection.execute(
        NEXT_NUMBER,
        [{"recipient_id": id_, "last_number": 1, "unread": 1} for id_ in sorted(recipients)],
    )
    return {row.recipient_id: row.last_number for row in rows}


def record(
    connection: Connection,
    notifications: Sequence[dict[str, Any]],
    deliveries: Sequence[dict[str, Any]],
) -> None:
    """Writes the rows of one event: all notifications at once, then all deliveries at once."""
    if notifications:
        connection.execute(insert(Notification), list(notifications))
    if deliveries:
        connection.execute(insert(Delivery), list(deliveries))


def log(connection: Connection, event_id: UUID, at: datetime, steps: Sequence[Step]) -> None:
    """Writes the steps in one statement."""
    if steps:
        connection.execute(
            insert(LogEntry),
            [{"at": at, "event_id": event_id, **vars(step)} for step in steps],
        )
