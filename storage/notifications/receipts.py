"""What providers say became of a message, by the id of the delivery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, case, func, null, or_, select, update

from storage.notifications.tables import Delivery, Notification

FOLLOWED: Final = {
    "delivered": ("sending", "delayed", "sent"),
    "read": ("sending", "delayed", "sent", "delivered"),
    "failed": ("sent",),
}
"""By the kind of a receipt, the states that it moves on."""
SAID: Final[tuple[Any, ...]] = (
    Delivery.event_id,
    Delivery.recipient_id,
    Delivery.channel,
    Delivery.status,
    Notification.workflow,
)


def receive(
    connection: Connection,
    delivery_id: UUID,
    round_: int,
    provider: str,
    channels: Sequence[str],
    kind: str,
    *,
    at: datetime,
    error: str | None = None,
) -> Row[Any] | None:
    """Notes a receipt; None when there is nothing that it could be about, or not any more.

    A receipt may overtake the answer to our call: then the state stays, and `settle` sees it.
    """
    statement = (
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.round == round_,
            Delivery.channel.in_(channels),
            or_(Delivery.provider.is_(None), Delivery.provider == provider),
            Delivery.status.in_(FOLLOWED[kind]),
            Notification.id == Delivery.notification_id,
        )
        .values(**_values(kind, provider, at, error))
        .returning(*SAID)
    )
    return connection.execute(statement).first()


def _values(kind: str, provider: str, at: datetime, error: str | None) -> dict[str, Any]:
    if kind == "failed":
        return {"status": "failed", "last_error": error, "settled_at": at}
    under_way = Delivery.status == "sending"
    values: dict[str, Any] = {
        "status": case((under_way, Delivery.status), else_=kind),
        "message": case((under_way, Delivery.message), else_=null()),
        "delivered_at": func.coalesce(Delivery.delivered_at, at),
        "settled_at": func.coalesce(Delivery.settled_at, at),
        "provider": provider,
    }
    return values | ({"read_at": at} if kind == "read" else {})


def is_under_way(connection: Connection, delivery_id: UUID) -> bool:
    """Whether the delivery is being sent at this moment."""
    query = select(Delivery.id).where(Delivery.id == delivery_id, Delivery.status == "sending")
    return connection.execute(query).first() is not None
