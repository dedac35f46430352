"""Finds what somebody was told and has not seen, so that more of the same adds nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select, text

from storage.notifications.tables import Delivery, Notification

LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:recipient_id AS text) || ' ' || :key, 0))"
)


@dataclass(frozen=True)
class Open:
    """What is still open under a key.

    Attributes:
        notification_id: stands unread in the inbox, if one does.
        waiting: by channel and target, a delivery that has not gone out yet.
    """

    notification_id: UUID | None = None
    waiting: Mapping[tuple[str, str], UUID] = field(default_factory=dict)


def find_open(connection: Connection, recipient_id: UUID, key: str, since: datetime) -> Open:
    """What is open under the key, held until the transaction ends.

    Two events with the same key wait for each other here, so that one finds the other's.
    """
    connection.execute(LOCK, {"recipient_id": recipient_id, "key": key})
    same = (
        (Notification.recipient_id == recipient_id)
        & (Notification.digest_key == key)
        & (Notification.created_at >= since)
    )
    unread = connection.execute(
        select(Notification.id)
        .where(same, Notification.number.is_not(None), Notification.read_at.is_(None))
        .order_by(Notification.id.desc())
        .limit(1)
        .with_for_update()
    ).scalar()
    waiting = connection.execute(
        select(Delivery.id, Delivery.channel, Delivery.target)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(same, Delivery.status.in_(("queued", "delayed")))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )
    return Open(unread, {(row.channel, row.target): row.id for row in waiting})
