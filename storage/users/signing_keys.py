"""Keys that sign access tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from storage.users.tables import SigningKey

LOCK: Final = 0x6B657973  # "keys"


def hold(connection: Connection) -> None:
    """Lets one replica at a time move keys, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def all_keys(connection: Connection) -> Sequence[Row[Any]]:
    """Every key that may verify a token now or soon."""
    return connection.execute(select(SigningKey.__table__).order_by(SigningKey.since)).all()


def add(
    connection: Connection,
    *,
    kid: str,
    status: str,
    sealed_private_key: bytes,
    public_key: bytes,
    now: datetime,
) -> None:
    """Inserts a key."""
    connection.execute(
        insert(SigningKey).values(
            id=kid,
            status=status,
            sealed_private_key=sealed_private_key,
            public_key=public_key,
            created_at=now,
            since=now,
        )
    )


def move(connection: Connection, before: str, after: str, now: datetime) -> None:
    """Moves the keys of one status to another."""
    connection.execute(
        update(SigningKey).where(SigningKey.status == before).values(status=after, since=now)
    )


def forget_retired(connection: Connection, before: datetime) -> None:
    """Deletes keys that were retired before the instant."""
    connection.execute(
        delete(SigningKey).where(SigningKey.status == "retired", SigningKey.since < before)
    )
