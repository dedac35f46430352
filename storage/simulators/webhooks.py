"""The queue of calls to customers; it outlives the company's process."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from storage.columns import new_id
from storage.simulators.webhook_tables import WEBHOOKS

ATTEMPTS: Final = 12


def enqueue(
    connection: Connection, company: str, event: Mapping[str, Any], due_at: datetime
) -> None:
    """Puts one call into the queue."""
    connection.execute(
        insert(WEBHOOKS),
        {
            "id": new_id(),
            "company": company,
            "event": dict(event),
            "status": "waiting",
            "attempts": 0,
            "due_at": due_at,
        },
    )


def take_due(
    connection: Connection, company: str, now: datetime, lease: timedelta, limit: int
) -> Sequence[Row[Any]]:
    """Calls that are due, oldest first; nobody else gets them before the lease ends."""
    picked = (
        select(WEBHOOKS.c.id)
        .where(
            WEBHOOKS.c.company == company, WEBHOOKS.c.status == "waiting", WEBHOOKS.c.due_at <= now
        )
        .order_by(WEBHOOKS.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    taken = (
        update(WEBHOOKS)
        .where(WEBHOOKS.c.id == picked.c.id)
        .values(attempts=WEBHOOKS.c.attempts + 1, due_at=now + lease)
        .returning(WEBHOOKS)
    )
    return sorted(connection.execute(taken).all(), key=lambda row: row.id)


def settle(connection: Connection, webhook_id: UUID) -> None:
    """The customer has taken it."""
    _set(connection, webhook_id, status="sent")


def postpone(connection: Connection, webhook_id: UUID, attempts: int, due_at: datetime) -> None:
    """The customer has not taken it: later again, or never."""
    status = "given-up" if attempts >= ATTEMPTS else "waiting"
    _set(connection, webhook_id, status=status, due_at=due_at)


def _set(connection: Connection, webhook_id: UUID, **values: object) -> None:
    connection.execute(update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id).values(**values))
