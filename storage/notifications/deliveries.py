"""The queue of messages that leave the house: claimed under a lease, settled by who holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, case, literal, null, select, text, tuple_, update

from storage.notifications.tables import GIVEN_UP, Delivery, Notification

CLAIM = text(
    "WITH lanes AS ("
    " SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:priorities AS int[]),"
    " CAST(:slots AS int[])) AS lane(channel, priority, slots)),"
    " due AS ("
    " SELECT picked.id FROM lanes CROSS JOIN LATERAL ("
    " SELECT id FROM deliveries"
    " WHERE channel = lanes.channel AND priority = lanes.priority"
    " AND status IN ('queued', 'delayed', 'sending') AND due_at <= :now"
    " ORDER BY due_at LIMIT lanes.slots FOR UPDATE SKIP LOCKED) picked)"
    " UPDATE deliveries d"
    " SET status = 'sending', attempts = d.attempts + 1, due_at = :leased_until"
    " FROM due, notifications n"
    " LEFT JOIN known_appointments k ON k.appointment_id = n.appointment_id"
    " WHERE d.id = due.id AND n.id = d.notification_id"
    " RETURNING d.id, d.event_id, d.recipient_id, d.channel, d.target, d.priority, d.message,"
    " d.attempts, d.round, d.provider, d.created_at, d.notification_id,"
    " n.workflow, n.template_version, n.locale, n.title, n.body, n.data, n.read_at,"
    " n.appointment_version,"
    " k.version AS known_version, k.status AS known_status, k.start AS known_start"
)
RECEIPTED: Final = ("sms", "push")
"""Channels whose providers say what became of a message."""


@dataclass(frozen=True)
class Lane:
    """Deliveries of one channel and priority, and how many more are taken now."""

    channel: str
    priority: int
    slots: int


def claim(
    connection: Connection, now: datetime, lease: timedelta, lanes: Sequence[Lane]
) -> Sequence[Row[Any]]:
    """Takes due deliveries of each lane for `lease`, each with what is known of its visit.

    A claim counts as an attempt, so that a message that kills its sender is given up too.
    """
    return connection.execute(
        CLAIM,
        {
            "now": now,
            "leased_until": now + lease,
            "channels": [lane.channel for lane in lanes],
            "priorities": [lane.priority for lane in lanes],
            "slots": [lane.slots for lane in lanes],
        },
    ).all()


def settle(
    connection: Connection,
    delivery_id: UUID,
    attempts: int,
    *,
    status: str,
    at: datetime,
    error: str | None = None,
    provider: str | None = None,
) -> bool:
    """Ends a delivery; False when the lease has passed to somebody else meanwhile.

    What was sent or skipped needs its text no more, and it may hold a secret link: it is erased.
    Only what a provider may still report as failed is kept until its receipt, to be replayed.
    A receipt that came before the answer makes `sent` delivered.
    """
    arrived = Delivery.delivered_at.is_not(None) & (literal(status) == "sent")
    values: dict[str, Any] = {
        "status": case((arrived, "delivered"), else_=status),
        "settled_at": at,
        "last_error": error,
        "provider": provider,
    }
    if status == "skipped":
        values["message"] = null()
    if status == "sent":
        awaited = Delivery.delivered_at.is_(None) & Delivery.channel.in_(RECEIPTED)
        values["message"] = case((awaited, Delivery.message), else_=null())
    return _held(connection, delivery_id, attempts, values)


def postpone(
    connection: Connection,
    delivery_id: UUID,
    attempts: int,
    due_at: datetime,
    error: str,
    provider: str | None = None,
) -> bool:
    """Puts a delivery off; False when the lease has passed to somebody else meanwhile.

    Args:
        connection: inside a transaction.
        delivery_id: which.
        attempts: the fence of the claim.
        due_at: when it is tried again.
        error: why it is put off.
        provider: who may have taken it without an answer.
    """
    return _held(
        connection,
        delivery_id,
        attempts,
        {"status": "delayed", "due_at": due_at, "last_error": error, "provider": provider},
    )


def _held(connection: Connection, delivery_id: UUID, attempts: int, values: dict[str, Any]) -> bool:
    """Writes only while `attempts`, the fence, is still the claim's own."""
    statement = update(Delivery).where(
        Delivery.id == delivery_id, Delivery.status == "sending", Delivery.attempts == attempts
    )
    return connection.execute(statement.values(values)).rowcount == 1


def list_given_up(
    connection: Connection, below: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Failed and dead deliveries, the latest first."""
    query = _given_up()
    if below is not None:
        query = query.where(tuple_(Delivery.settled_at, Delivery.id) < tuple_(*below))
    ordered = query.order_by(Delivery.settled_at.desc(), Delivery.id.desc())
    return connection.execute(ordered.limit(limit)).all()


def find(connection: Connection, delivery_id: UUID) -> Row[Any] | None:
    """A delivery, locked until the transaction ends."""
    query = _dead_letter().where(Delivery.id == delivery_id)
    return connection.execute(query.with_for_update(of=Delivery)).first()


def requeue(connection: Connection, delivery_id: UUID, now: datetime) -> None:
    """Gives a delivery all its attempts again, due now.

    What was refused begins another round, with whichever provider takes it. What died may have
    been taken by a provider that never answered: that one is asked again, under the same name.
    """
    refused = Delivery.status == "failed"
    connection.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(
            status="queued",
            attempts=0,
            round=Delivery.round + case((refused, 1), else_=0),
            provider=case((refused, null()), else_=Delivery.provider),
            due_at=now,
            settled_at=None,
        )
    )


def _dead_letter() -> Any:
    return select(
        Delivery.id,
        Delivery.event_id,
        Delivery.recipient_id,
        Delivery.channel,
        Delivery.status,
        Delivery.attempts,
        Delivery.last_error,
        Delivery.created_at,
        Delivery.settled_at,
        Notification.workflow,
    ).join(Notification, Notification.id == Delivery.notification_id)


def _given_up() -> Any:
    return _dead_letter().where(GIVEN_UP)
