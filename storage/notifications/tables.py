"""Tables of the notifications service.

A notification is one fact told to one person; it stands in the person's inbox when it has a
number. A delivery is one attempt to tell it outside the house: the queue. The log keeps each
step, and why something was not told.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.notifications.base import Base
from storage.notifications.editorial_tables import Announcement, Template
from storage.notifications.standing_tables import Address, Endpoint, Preference, QuietHours

__all__ = [
    "Address",
    "Announcement",
    "Base",
    "Delivery",
    "Endpoint",
    "HeldEvent",
    "Inbox",
    "KnownAppointment",
    "LogEntry",
    "Notification",
    "Preference",
    "QuietHours",
    "Template",
    "WsTicket",
]
WAITING: Final = text("status IN ('queued', 'delayed', 'sending')")
GIVEN_UP: Final = text("status IN ('failed', 'dead')")
UNREAD: Final = text("number IS NOT NULL AND read_at IS NULL")
DIGESTED: Final = text("digest_key IS NOT NULL")
STATES: Final = (
    "'queued', 'delayed', 'sending', 'sent', 'delivered', 'read',"
    " 'skipped', 'merged', 'failed', 'dead'"
)


class Inbox(Base):
    """One person's counters: the last number given out, and how many are unread.

    The row lock that an update takes makes numbers ascend without gaps in commit order.
    """

    __tablename__ = "inboxes"

    recipient_id: Mapped[UuidKey]
    last_number: Mapped[int] = mapped_column(BigInteger)
    unread: Mapped[int]


class Notification(Base):
    """One fact told to one person; without a number it is told outside the inbox only."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient_id"),
        UniqueConstraint("recipient_id", "number"),
        CheckConstraint(
            "(number IS NULL) = (title IS NULL) AND (number IS NULL) = (body IS NULL)",
            name="inbox_text",
        ),
        Index("ix_notifications_unread", "recipient_id", postgresql_where=UNREAD),
        Index("ix_notifications_digest", "recipient_id", "digest_key", postgresql_where=DIGESTED),
    )

    id: Mapped[UuidKey]
    event_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    number: Mapped[int | None] = mapped_column(BigInteger)
    workflow: Mapped[str]
    template_version: Mapped[int]
    locale: Mapped[str]
    title: Mapped[str | None]
    body: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    appointment_id: Mapped[UUID | None]
    appointment_version: Mapped[int | None]
    digest_key: Mapped[str | None]
    created_at: Mapped[Instant]
    read_at: Mapped[Instant | None]
    archived_at: Mapped[Instant | None]


class Delivery(Base):
    """A notification on its way out by one channel; `due_at` is the lease while it is sending.

    Attributes:
        target: id of the endpoint of a web hook; empty for the other channels.
        priority: 0 urgent, 1 normal, 2 bulk.
        provider: who took it, or may have taken it without an answer.
        round: replays after a refusal; a provider takes each round once.
        merged_into: the delivery that tells this too.
        delivered_at: when the provider says that it arrived.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient_id", "channel", "target"),
        CheckConstraint(f"status IN ({STATES})", name="status"),
        Index("ix_deliveries_waiting", "channel", "priority", "due_at", postgresql_where=WAITING),
        Index("ix_deliveries_given_up", "settled_at", "id", postgresql_where=GIVEN_UP),
        Index("ix_deliveries_notification_id", "notification_id"),
    )

    id: Mapped[UuidKey]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id"))
    event_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    channel: Mapped[str]
    target: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    message: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int]
    round: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[Instant]
    last_error: Mapped[str | None]
    provider: Mapped[str | None]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]
    read_at: Mapped[Instant | None]


class KnownAppointment(Base):
    """The newest thing heard about an appointment, so that nothing obsolete is sent."""

    __tablename__ = "known_appointments"

    appointment_id: Mapped[UuidKey]
    version: Mapped[int]
    status: Mapped[str]
    start: Mapped[Instant]


class HeldEvent(Base):
    """An event that was heard and is not to be told before `due_at`."""

    __tablename__ = "held_events"
    __table_args__ = (Index("ix_held_events_due_at", "due_at"),)

    event_id: Mapped[UuidKey]
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    due_at: Mapped[Instant]


class LogEntry(Base):
    """One step of telling somebody something, or the reason why it was not done."""

    __tablename__ = "notification_log"
    __table_args__ = (
        Index("ix_notification_log_event_id", "event_id"),
        Index("ix_notification_log_recipient_id_at", "recipient_id", "at"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[Instant]
    event_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    workflow: Mapped[str | None]
    channel: Mapped[str]
    step: Mapped[str]
    reason: Mapped[str | None]


class WsTicket(Base):
    """A one-use ticket for a live connection: SHA-256 of the ticket, and whom it lets in."""

    __tablename__ = "ws_tickets"
    __table_args__ = (Index("ix_ws_tickets_expires_at", "expires_at"),)

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    principal: Mapped[dict[str, Any]] = mapped_column(JSONB)
    expires_at: Mapped[Instant]
