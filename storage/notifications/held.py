"""Events that are not to be told before their time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from storage.notifications.tables import HeldEvent

COLUMNS: Final = tuple(HeldEvent.__table__.columns)


def hold(
    connection: Connection, event_id: UUID, name: str, payload: dict[str, Any], due_at: datetime
) -> None:
    """Keeps an event until it may be told."""
    row = {"event_id": event_id, "name": name, "payload": payload, "due_at": due_at}
    connection.execute(insert(HeldEvent), row)


def list_due(connection: Connection, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Events whose time has come, the oldest first."""
    query = select(*COLUMNS).where(HeldEvent.due_at <= now).order_by(HeldEvent.due_at)
    return connection.execute(query.limit(limit)).all()


def release(connection: Connection, event_id: UUID) -> bool:
    """Lets go of an event; False when somebody else has told it."""
    gone = delete(HeldEvent).where(HeldEvent.event_id == event_id)
    return connection.execute(gone).rowcount == 1


def postpone(connection: Connection, event_id: UUID, due_at: datetime) -> None:
    """Tries an event that could not be told again later, so that it holds no other up."""
    connection.execute(
        update(HeldEvent).where(HeldEvent.event_id == event_id).values(due_at=due_at)
    )
