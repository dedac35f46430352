"""Reads the log: what was done to tell one person, step by step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, tuple_

from storage.notifications.tables import LogEntry

COLUMNS: Final = tuple(LogEntry.__table__.columns)


def list_steps(
    connection: Connection, recipient_id: UUID, below: tuple[datetime, int] | None, limit: int
) -> Sequence[Row[Any]]:
    """Steps of one person, the latest first."""
    query = select(*COLUMNS).where(LogEntry.recipient_id == recipient_id)
    if below is not None:
        query = query.where(tuple_(LogEntry.at, LogEntry.sequence) < tuple_(*below))
    ordered = query.order_by(LogEntry.at.desc(), LogEntry.sequence.desc())
    return connection.execute(ordered.limit(limit)).all()
