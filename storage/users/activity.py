"""What happened to an account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Uuid, insert, literal, select
from sqlalchemy.dialects.postgresql import TIMESTAMP

from storage.columns import new_id
from storage.users.tables import User, UserActivity


def write(
    connection: Connection,
    *,
    user_id: UUID,
    kind: str,
    at: datetime,
    session_id: UUID | None = None,
    user_agent: str | None = None,
) -> None:
    """Adds one line to the person's activity."""
    connection.execute(
        insert(UserActivity).values(
            id=new_id(),
            user_id=user_id,
            kind=kind,
            at=at,
            session_id=session_id,
            user_agent=user_agent,
        )
    )


def write_by_email(
    connection: Connection, email: str, kind: str, at: datetime, user_agent: str | None
) -> None:
    """Adds a line for whoever has the address; the same statement, and no row, for nobody."""
    source = select(
        literal(new_id(), Uuid), User.id, literal(kind), literal(at, TIMESTAMP(timezone=True)),
        literal(user_agent),
    ).where(User.email == email)  # fmt: skip
    connection.execute(
        insert(UserActivity).from_select(["id", "user_id", "kind", "at", "user_agent"], source)
    )


def page(
    connection: Connection, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` lines, newest first, older than the position."""
    query = select(UserActivity.__table__).where(UserActivity.user_id == user_id)
    if before is not None:
        query = query.where(UserActivity.id < before)
    return connection.execute(query.order_by(UserActivity.id.desc()).limit(limit)).all()
