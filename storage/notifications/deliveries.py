"""The queue of messages that leave the house: claimed under a lease, settled by who holds it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, null, select, text, tuple_, update

from storage.notifications.tables import GIVEN_UP, Delivery, Notification

CLAIM = text(
    "WITH due AS ("
    " SELECT id FROM deliveries"
    " WHERE status IN ('queued', 'delayed', 'sending') AND due_at <= :now"
    " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
    " UPDATE deliveries d"
    " SET status = 'sending', attempts = d.attempts + 1, due_at = :leased_until"
    " FROM due, notifications n"
    " LEFT JOIN known_appointments k ON k.appointment_id = n.appointment_id"
    " WHERE d.id = due.id AND n.id = d.notification_id"
    " RETURNING d.id, d.event_id, d.recipient_id, d.channel, d.message, d.attempts, d.created_at,"
    " n.workflow, n.template_version, n.locale, n.appointment_version,"
    " k.version AS known_version, k.status AS known_status, k.start AS known_start"
)


def claim(
    connection: Connection, now: datetime, lease: timedelta, limit: int
) -> Sequence[Row[Any]]:
    """Takes up to `limit` due deliveries for `lease`, each with what is known of its visit.

    A claim counts as an attempt, so that a message that kills its sender is given up too.
    """
    return connection.execute(
        CLAIM, {"now": now, "leased_until": now + lease, "limit": limit}
    ).all()


def settle(
    connection: Connection,
    delivery_id: UUID,
    attempts: int,
    *,
    status: str,
    at: datetime,
    error: str | None = None,
) -> bool:
    """Ends a delivery; False when the lease has passed to somebody else meanwhile.

    What was sent or skipped needs its text no more, and it may hold a secret link: it is erased.
    """
    values: dict[str, Any] = {"status": status, "settled_at": at, "last_error": error}
    if status in {"sent", "skipped"}:
        values["message"] = null()
    return _held(connection, delivery_id, attempts, values)


def postpone(
    connection: Connection, delivery_id: UUID, attempts: int, due_at: datetime, error: str
) -> bool:
    """Puts a delivery off; False when the lease has passed to somebody else meanwhile."""
    return _held(
        connection,
        delivery_id,
        attempts,
        {"status": "delayed", "due_at": due_at, "last_error": error},
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
    """Gives a delivery all its attempts again, due now."""
    connection.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(status="queued", attempts=0, due_at=now, settled_at=None)
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
