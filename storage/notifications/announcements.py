"""Announcements on their way to many: one batch after the other, by one teller at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from storage.notifications.tables import Announcement

COLUMNS: Final = tuple(Announcement.__table__.columns)


def add(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Writes one, to be told from now on."""
    return connection.execute(insert(Announcement).values(values).returning(*COLUMNS)).one()


def list_all(connection: Connection, below: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Announcements, the latest first."""
    query = select(*COLUMNS).order_by(Announcement.id.desc()).limit(limit)
    if below is not None:
        query = query.where(Announcement.id < below)
    return connection.execute(query).all()


def claim(connection: Connection, now: datetime, lease: timedelta) -> Row[Any] | None:
    """Takes the next one that nobody tells, for `lease`."""
    due = (
        select(Announcement.id)
        .where(Announcement.status == "telling", Announcement.due_at <= now)
        .order_by(Announcement.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(Announcement)
        .where(Announcement.id == due.scalar_subquery())
        .values(due_at=now + lease)
        .returning(*COLUMNS)
    )
    return connection.execute(statement).first()


def advance(
    connection: Connection,
    announcement_id: UUID,
    *,
    from_: UUID | None,
    to: UUID,
    told: int,
    leased_until: datetime,
) -> bool:
    """Moves on after a batch; False when it was stopped, or somebody else tells it."""
    statement = (
        update(Announcement)
        .where(
            Announcement.id == announcement_id,
            Announcement.status == "telling",
            Announcement.told_up_to.is_not_distinct_from(from_),
        )
        .values(told_up_to=to, told=Announcement.told + told, due_at=leased_until)
    )
    return connection.execute(statement).rowcount == 1


def end(
    connection: Connection, announcement_id: UUID, status: str, at: datetime
) -> Row[Any] | None:
    """Ends one that is being told; the row as it is then, None when there is none."""
    connection.execute(
        update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.status == "telling")
        .values(status=status, ended_at=at)
    )
    return connection.execute(select(*COLUMNS).where(Announcement.id == announcement_id)).first()
