"""Sessions and the refresh tokens of their families."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from storage.users.tables import RefreshToken, Session, User


def open_session(
    connection: Connection,
    *,
    session_id: UUID,
    user_id: UUID,
    now: datetime,
    expires_at: datetime,
    user_agent: str | None,
) -> None:
    """Inserts a session."""
    connection.execute(
        insert(Session).values(
            id=session_id,
            user_id=user_id,
            user_agent=user_agent,
            created_at=now,
            refreshed_at=now,
            expires_at=expires_at,
        )
    )


def add_token(
    connection: Connection, *, session_id: UUID, digest: bytes, token_id: str, now: datetime
) -> None:
    """Inserts the session's current refresh token, by its hash."""
    connection.execute(
        insert(RefreshToken).values(
            digest=digest, session_id=session_id, access_token_id=token_id, issued_at=now
        )
    )


def spend(connection: Connection, digest: bytes, now: datetime) -> UUID | None:
    """Uses up a current token; None when it is unknown or was used before.

    Of any number of parallel requests with one token, one gets the session's id.
    """
    return connection.execute(
        update(RefreshToken)
        .where(RefreshToken.digest == digest, RefreshToken.used_at.is_(None))
        .values(used_at=now)
        .returning(RefreshToken.session_id)
    ).scalar()


def find_token(connection: Connection, digest: bytes) -> Row[Any] | None:
    """A token, current or used."""
    return connection.execute(
        select(RefreshToken.__table__).where(RefreshToken.digest == digest)
    ).first()


def lock(connection: Connection, session_id: UUID) -> Row[Any]:
    """The session with its owner's status and roles, held until the transaction ends.

    The owner is read by a statement of its own after the lock was had, because a statement that
    waited for a lock still sees the other tables as they were when it began.
    """
    connection.execute(select(Session.id).where(Session.id == session_id).with_for_update())
    return connection.execute(
        select(Session.__table__, User.status, User.roles)
        .join(User, User.id == Session.user_id)
        .where(Session.id == session_id)
    ).one()


def lock_live(connection: Connection, user_id: UUID) -> list[UUID]:
    """The person's sessions that have not ended, held until the transaction ends."""
    return list(
        connection.execute(
            select(Session.id)
            .where(Session.user_id == user_id, Session.ended_at.is_(None))
            .order_by(Session.id)
            .with_for_update()
        ).scalars()
    )


def touch(connection: Connection, session_id: UUID, now: datetime) -> None:
    """Notes that the session was refreshed."""
    connection.execute(update(Session).where(Session.id == session_id).values(refreshed_at=now))


def live(connection: Connection, user_id: UUID, now: datetime) -> Sequence[Row[Any]]:
    """The person's sessions that can be refreshed, newest first."""
    return connection.execute(
        select(Session.__table__)
        .where(Session.user_id == user_id, Session.ended_at.is_(None), Session.expires_at > now)
        .order_by(Session.id.desc())
    ).all()


def end(connection: Connection, session_id: UUID, reason: str, now: datetime) -> bool:
    """Ends one session; False when it has ended before."""
    ended = connection.execute(
        update(Session)
        .where(Session.id == session_id, Session.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
    return ended.rowcount == 1


def end_all(
    connection: Connection,
    user_id: UUID,
    reason: str,
    now: datetime,
    but: UUID | None = None,
) -> list[UUID]:
    """Ends the person's sessions, all or all but one; returns which."""
    statement = update(Session).where(Session.user_id == user_id, Session.ended_at.is_(None))
    if but is not None:
        statement = statement.where(Session.id != but)
    return list(
        connection.execute(
            statement.values(ended_at=now, end_reason=reason).returning(Session.id)
        ).scalars()
    )


def forget_expired(connection: Connection, now: datetime) -> None:
    """Deletes sessions past their end, with their tokens."""
    connection.execute(delete(Session).where(Session.expires_at <= now))
