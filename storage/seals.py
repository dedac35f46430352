"""The chain of the audit log: each row's seal covers the row and the seal before it.

Rows are written unsealed, so that writers do not wait for each other. A sealer numbers them
later, in one chain, with an HMAC that nobody can make who has only the database. What is changed,
removed or put in between breaks the chain at that place. What is cut off at the end does not,
therefore the last seal is anchored somewhere else as well (`storage.users.anchors`).

Not covered: a row that is removed before it was sealed, a second or two after it was written.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, LargeBinary, Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from storage.audit import audit_log

LOCK: Final = 0x7365616C  # "seal"
BATCH: Final = 2000
COVERED: Final = [
    audit_log.c[name]
    for name in (
        *("sequence", "at", "actor_id", "actor_role", "action", "object_type", "object_id"),
        *("patient_id", "outcome", "request_id", "basis"),
    )
]
HEAD: Final = (
    select(audit_log.c.position, audit_log.c.seal)
    .where(audit_log.c.position.is_not(None))
    .order_by(audit_log.c.position.desc())
    .limit(1)
)
UNSEALED: Final = (
    select(*COVERED)
    .where(audit_log.c.position.is_(None))
    .order_by(audit_log.c.sequence)
    .limit(BATCH)
)
SEALED: Final = (
    select(*COVERED, audit_log.c.position, audit_log.c.seal)
    .where(audit_log.c.position > bindparam("after"))
    .order_by(audit_log.c.position)
    .limit(BATCH)
)
SEAL: Final = text(
    "UPDATE audit_log SET position = made.position, seal = made.seal"
    " FROM unnest(:sequences, :positions, :seals) AS made (sequence, position, seal)"
    " WHERE audit_log.sequence = made.sequence"
).bindparams(
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("positions", type_=ARRAY(BigInteger)),
    bindparam("seals", type_=ARRAY(LargeBinary)),
)


@dataclass(frozen=True)
class Head:
    """The end of the chain.

    Attributes:
        position: how many rows are sealed.
        seal: of the last of them; empty for an empty chain.
    """

    position: int
    seal: bytes


EMPTY: Final = Head(0, b"")


@dataclass(frozen=True)
class Fault:
    """The first place where a chain is broken.

    Attributes:
        position: of the row that is wrong or missing.
        reason: changed, missing or cut_off.
    """

    position: int
    reason: str


def seal_due(connection: Connection, key: bytes) -> Head | None:
    """Seals up to `BATCH` rows; the new end, or None when there was nothing to do for us."""
    if not connection.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar():
        return None
    rows = connection.execute(UNSEALED).all()
    if not rows:
        return None
    chain = [head_of(connection)]
    for row in rows:
        chain.append(_next(chain[-1], row, key))
    made = {"sequences": [row.sequence for row in rows]}
    sealed = chain[1:]
    connection.execute(
        SEAL,
        made | {"positions": [it.position for it in sealed], "seals": [it.seal for it in sealed]},
    )
    return sealed[-1]


def head_of(connection: Connection) -> Head:
    """The end of the chain as the database has it."""
    row = connection.execute(HEAD).one_or_none()
    return Head(row.position, bytes(row.seal or b"")) if row else EMPTY


def holds(connection: Connection, anchor: Head) -> bool:
    """Whether the chain still goes through an end that it once had."""
    at = audit_log.c.position == anchor.position
    seal = connection.execute(select(audit_log.c.seal).where(at)).scalar()
    return anchor == EMPTY or bytes(seal or b"") == anchor.seal


def find_fault(connection: Connection, key: bytes, anchor: Head = EMPTY) -> Fault | None:
    """Walks the whole chain; None when it is whole and reaches at least to the anchor."""
    before = EMPTY
    for row in _sealed(connection):
        after = _next(before, row, key)
        if row.position != after.position:
            return Fault(after.position, "missing")
        if not hmac.compare_digest(after.seal, bytes(row.seal or b"")):
            return Fault(row.position, "changed")
        if after.position == anchor.position and after.seal != anchor.seal:
            return Fault(row.position, "changed")
        before = after
    if before.position < anchor.position:
        return Fault(before.position + 1, "cut_off")
    return None


def _sealed(connection: Connection) -> Iterator[Any]:
    after = 0
    while rows := connection.execute(SEALED, {"after": after}).all():
        yield from rows
        after = rows[-1].position


def _next(before: Head, row: Row[Any], key: bytes) -> Head:
    position = before.position + 1
    values = [position, *(getattr(row, column.name) for column in COVERED)]
    said = "\x1f".join("" if value is None else f"={value}" for value in values)
    return Head(position, hmac.digest(key, before.seal + said.encode(), hashlib.sha256))
