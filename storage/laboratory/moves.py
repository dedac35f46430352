"""Moves of orders, specimens and tests: guarded, so that of two racing hands one wins."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Table, insert, update

from storage.laboratory.tables import MOVES, ORDERS, SPECIMENS, TESTS

Kind = Literal["order", "specimen", "test"]
TABLES: Final[dict[Kind, Table]] = {"order": ORDERS, "specimen": SPECIMENS, "test": TESTS}


class Mover(NamedTuple):
    """Who moves something."""

    actor_id: UUID
    actor_role: str


class Why(NamedTuple):
    """Why something was moved: a coded reason, words."""

    code: str | None = None
    note: str | None = None


NO_REASON: Final = Why()


def move(
    connection: Connection,
    kind: Kind,
    ids: Sequence[UUID],
    *,
    to: str,
    allowed_from: Collection[str],
    name: str,
    mover: Mover,
    at: datetime,
    why: Why = NO_REASON,
    version: int | None = None,
    **columns: Any,
) -> Sequence[Row[Any]]:
    """Moves those that stand where the move may begin, and writes down each step.

    Args:
        connection: in the transaction of the operation.
        kind: of the things.
        ids: which.
        to: the status after it.
        allowed_from: statuses in which the move may begin.
        name: the verb.
        mover: who does it.
        at: when.
        why: the reason.
        version: what the caller has seen; None for whatever is there.
        columns: further values to set.

    Returns:
        The rows as they are now. Fewer than asked for means that some stood elsewhere: somebody
        else was faster. The caller compares, and refuses.
    """
    if not ids:
        return []
    table = TABLES[kind]
    change = (
        update(table)
        .where(table.c.id.in_(ids), table.c.status.in_(sorted(allowed_from)))
        .values(
            status=to,
            updated_by=mover.actor_id,
            updated_at=at,
            version=table.c.version + 1,
            **columns,
        )
        .returning(table)
    )
    if version is not None:
        change = change.where(table.c.version == version)
    rows = connection.execute(change).all()
    write(connection, kind, rows, name=name, mover=mover, at=at, why=why)
    return rows


def write(
    connection: Connection,
    kind: Kind,
    rows: Sequence[Row[Any]],
    *,
    name: str,
    mover: Mover,
    at: datetime,
    why: Why = NO_REASON,
) -> None:
    """Writes down the step that led to these rows; also the first step of new ones."""
    if rows:
        connection.execute(
            insert(MOVES),
            [
                {
                    "object_id": row.id,
                    "version": row.version,
                    "kind": kind,
                    "move": name,
                    "status": row.status,
                    "reason_code": why.code,
                    "note": why.note,
                    "actor_id": mover.actor_id,
                    "actor_role": mover.actor_role,
                    "at": at,
                }
                for row in rows
            ],
        )
