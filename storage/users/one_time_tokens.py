"""Tokens that are sent by e-mail and work once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from storage.users.tables import OneTimeToken


def add(
    connection: Connection,
    *,
    token_id: UUID,
    user_id: UUID,
    purpose: str,
    digest: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Inserts a token; older ones of the same purpose stop working."""
    connection.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.user_id == user_id,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
        )
        .values(used_at=now)
    )
    connection.execute(
        insert(OneTimeToken).values(
            id=token_id,
            user_id=user_id,
            purpose=purpose,
            digest=digest,
            created_at=now,
            expires_at=expires_at,
        )
    )


def was_sent_after(connection: Connection, user_id: UUID, purpose: str, instant: datetime) -> bool:
    """Whether the person was sent such a token after the instant."""
    return (
        connection.execute(
            select(OneTimeToken.id)
            .where(
                OneTimeToken.user_id == user_id,
                OneTimeToken.purpose == purpose,
                OneTimeToken.created_at > instant,
            )
            .limit(1)
        ).first()
        is not None
    )


def find(connection: Connection, token_id: UUID) -> Row[Any] | None:
    """A token by its id."""
    return connection.execute(
        select(OneTimeToken.__table__).where(OneTimeToken.id == token_id)
    ).first()


def find_owner(connection: Connection, digest: bytes, purpose: str, now: datetime) -> UUID | None:
    """Whose token it is, while it works; it is not used up."""
    return connection.execute(
        select(OneTimeToken.user_id).where(
            OneTimeToken.digest == digest,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > now,
        )
    ).scalar()


def spend(connection: Connection, digest: bytes, purpose: str, now: datetime) -> UUID | None:
    """Uses up a token and returns whose it was; None when it does not work (any more)."""
    return connection.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.digest == digest,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeToken.user_id)
    ).scalar()


def forget_expired(connection: Connection, now: datetime) -> None:
    """Deletes tokens past their end."""
    connection.execute(delete(OneTimeToken).where(OneTimeToken.expires_at <= now))
