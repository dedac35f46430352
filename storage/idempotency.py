"""Idempotency keys: one effect per key, stored in the transaction of the effect (rule R1)."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import (
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from storage.columns import house

KEPT: Final = timedelta(hours=48)

idempotency_keys = Table(
    "idempotency_keys",
    house,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", Text),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

FIND: Final = select(idempotency_keys.c.fingerprint, idempotency_keys.c.answer).where(
    idempotency_keys.c.caller == bindparam("caller"), idempotency_keys.c.key == bindparam("key")
)
LOCK: Final = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(:caller || ' ' || :key, 0)),"
    " EXISTS (SELECT 1 FROM idempotency_keys WHERE caller = :caller AND key = :key)"
)
STORE: Final = insert(idempotency_keys)


class KeyInFlight(Exception):
    """Another request with the same key has not finished."""


class KeyStored(Exception):
    """The key's answer was stored by another request a moment ago: replay it."""


@dataclass(frozen=True)
class Key:
    """What identifies one intended effect.

    Attributes:
        caller: the user's id and the route, so that nobody replays another's answer.
        key: what the client sent.
        fingerprint: keyed hash of path, query and body; says nothing about a password in it.
    """

    caller: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True)
class Stored:
    """What is kept under a key: the fingerprint it was used with and the answer's JSON."""

    fingerprint: bytes
    answer: str | None


_current: ContextVar[Key | None] = ContextVar("idempotency_key", default=None)


def current() -> Key | None:
    """The key of the request in progress."""
    return _current.get()


def begin(key: Key | None) -> None:
    """Makes `key` the key of the request in progress."""
    _current.set(key)


def find(connection: Connection, caller: str, key: str) -> Stored | None:
    """The answer stored under the key, if there is one."""
    row = connection.execute(FIND, {"caller": caller, "key": key}).first()
    return Stored(bytes(row.fingerprint), row.answer) if row else None


def lock(connection: Connection, key: Key) -> None:
    """Holds the key until the transaction ends.

    Raises:
        KeyInFlight: another transaction holds it.
        KeyStored: its answer is there already.
    """
    held, stored = connection.execute(LOCK, {"caller": key.caller, "key": key.key}).one()
    if not held:
        raise KeyInFlight
    if stored:
        raise KeyStored


def store(connection: Connection, key: Key, answer: object) -> None:
    """Writes the answer under the key.

    Raises:
        TypeError: the answer is neither a pydantic model nor None.
    """
    if answer is not None and not isinstance(answer, BaseModel):
        raise TypeError(f"a keyed transaction returns a schema, not {type(answer).__name__}")
    connection.execute(
        STORE,
        {
            "caller": key.caller,
            "key": key.key,
            "fingerprint": key.fingerprint,
            "answer": answer.model_dump_json() if answer is not None else None,
        },
    )


def replace(connection: Connection, key: Key, answer: BaseModel) -> None:
    """Writes a newer answer under a stored key: of what was begun under it and has gone on."""
    statement = update(idempotency_keys).where(
        idempotency_keys.c.caller == key.caller, idempotency_keys.c.key == key.key
    )
    connection.execute(statement.values(answer=answer.model_dump_json()))


def forget_old(connection: Connection) -> None:
    """Deletes keys that are older than `KEPT`."""
    connection.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < func.now() - KEPT)
    )
