"""TOTP secrets and recovery codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.users.tables import RecoveryCode, SecondFactor


def find(connection: Connection, user_id: UUID) -> Row[Any] | None:
    """The person's TOTP secret, in force or not."""
    return connection.execute(
        select(SecondFactor.__table__).where(SecondFactor.user_id == user_id)
    ).first()


def begin(connection: Connection, user_id: UUID, sealed_secret: bytes) -> bool:
    """Stores a secret that is not in force yet; False when one is in force."""
    fresh = {"sealed_secret": sealed_secret, "last_used_step": 0}
    begun = connection.execute(
        upsert(SecondFactor)
        .values(fresh | {"user_id": user_id})
        .on_conflict_do_update(
            index_elements=[SecondFactor.user_id],
            set_=fresh,
            where=SecondFactor.confirmed_at.is_(None),
        )
    )
    return begun.rowcount == 1


def confirm(connection: Connection, user_id: UUID, step: int, now: datetime) -> bool:
    """Puts the secret in force, using up the step; False when it is in force already."""
    confirmed = connection.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_(None))
        .values(confirmed_at=now, last_used_step=step)
    )
    return confirmed.rowcount == 1


def use_step(connection: Connection, user_id: UUID, step: int) -> bool:
    """Uses up a time step; False when it, or a later one, was used before."""
    used = connection.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == user_id, SecondFactor.last_used_step < step)
        .values(last_used_step=step)
    )
    return used.rowcount == 1


def remove(connection: Connection, user_id: UUID) -> bool:
    """Takes the second factor away, with its recovery codes; False when there was none."""
    connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    removed = connection.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    return removed.rowcount == 1


def replace_codes(connection: Connection, user_id: UUID, digests: Sequence[bytes]) -> None:
    """Replaces the recovery codes."""
    connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    connection.execute(
        insert(RecoveryCode), [{"user_id": user_id, "digest": item} for item in digests]
    )


def use_code(connection: Connection, user_id: UUID, digest: bytes) -> bool:
    """Uses up a recovery code; False when there is none like it."""
    used = connection.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.digest == digest)
    )
    return used.rowcount == 1


def codes_left(connection: Connection, user_id: UUID) -> int:
    """How many recovery codes still work."""
    return connection.execute(
        select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    ).scalar_one()
