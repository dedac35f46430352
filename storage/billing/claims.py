"""Claims, their lines and steps, and what was sent and received about them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from storage.billing.claim_tables import (
    CLAIM_LINES,
    CLAIM_MOVES,
    CLAIM_NUMBERS,
    CLAIMS,
    CONTROL_NUMBERS,
    INTERCHANGES,
)
from storage.columns import new_id

OPEN = ("queued", "submitted", "accepted", "appealed")
"""Statuses in which the payer owes an answer."""


class Step(NamedTuple):
    """One step: its verb, who does it, when, and why."""

    move: str
    actor_id: UUID
    at: datetime
    note: str | None = None


def next_number(connection: Connection) -> int:
    """A number that no claim has."""
    return int(connection.execute(select(CLAIM_NUMBERS.next_value())).scalar_one())


def next_control_number(connection: Connection) -> int:
    """An interchange control number that was never used."""
    return int(connection.execute(select(CONTROL_NUMBERS.next_value())).scalar_one())


def add(
    connection: Connection,
    values: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    step: Step,
) -> RowMapping:
    """Writes a claim with its lines, and its first step."""
    statement = insert(CLAIMS).values(version=1, **values).returning(*CLAIMS.columns)
    row = connection.execute(statement).mappings().one()
    if lines:
        connection.execute(insert(CLAIM_LINES), [{"adjustments": [], **line} for line in lines])
    _write_step(connection, row, step)
    return row


def find(connection: Connection, claim_id: UUID) -> RowMapping | None:
    """One claim."""
    return connection.execute(select(CLAIMS).where(CLAIMS.c.id == claim_id)).mappings().first()


def lock(connection: Connection, claim_id: UUID) -> RowMapping | None:
    """One claim, locked until the end of the transaction."""
    query = select(CLAIMS).where(CLAIMS.c.id == claim_id).with_for_update()
    return connection.execute(query).mappings().first()


def lock_numbers(
    connection: Connection, payer_id: UUID, numbers: Collection[str]
) -> dict[str, RowMapping]:
    """Claims of a payer by number, locked in the order of their ids."""
    query = (
        select(CLAIMS)
        .where(
            CLAIMS.c.payer_id == payer_id,
            CLAIMS.c.number.in_(numbers),
            CLAIMS.c.use == "claim",
        )
        .order_by(CLAIMS.c.id)
        .with_for_update()
    )
    return {row["number"]: row for row in connection.execute(query).mappings()}


def lines(connection: Connection, claim_id: UUID) -> Sequence[RowMapping]:
    """Its lines, in their order."""
    query = select(CLAIM_LINES).where(CLAIM_LINES.c.claim_id == claim_id)
    return connection.execute(query.order_by(CLAIM_LINES.c.position)).mappings().all()


def steps(connection: Connection, claim_id: UUID) -> Sequence[RowMapping]:
    """What became of it, oldest first."""
    query = select(CLAIM_MOVES).where(CLAIM_MOVES.c.claim_id == claim_id)
    return connection.execute(query.order_by(CLAIM_MOVES.c.version)).mappings().all()


def search(
    connection: Connection,
    *,
    patient_id: UUID | None,
    status: str | None,
    invoice_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Claims, newest first."""
    query = select(CLAIMS)
    if patient_id is not None:
        query = query.where(CLAIMS.c.patient_id == patient_id)
    if status is not None:
        query = query.where(CLAIMS.c.status == status)
    if invoice_id is not None:
        query = query.where(CLAIMS.c.invoice_id == invoice_id)
    if before is not None:
        query = query.where(CLAIMS.c.id < before)
    return connection.execute(query.order_by(CLAIMS.c.id.desc()).limit(limit)).mappings().all()


def of_invoice(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """Claims of an invoice."""
    query = select(CLAIMS).where(CLAIMS.c.invoice_id == invoice_id, CLAIMS.c.use == "claim")
    return connection.execute(query.order_by(CLAIMS.c.id)).mappings().all()


def pending(connection: Connection, payer_id: UUID) -> bool:
    """Whether a payer still owes the answer to a claim."""
    query = select(CLAIMS.c.id).where(CLAIMS.c.payer_id == payer_id, CLAIMS.c.status.in_(OPEN))
    return connection.execute(query.limit(1)).first() is not None


def move(
    connection: Connection,
    claim_id: UUID,
    *,
    to: str,
    allowed_from: Collection[str],
    step: Step,
    **columns: Any,
) -> RowMapping | None:
    """Moves a claim that stands where the move may begin, and writes the step down.

    Returns:
        None when it stands elsewhere: somebody else was faster.
    """
    statement = (
        update(CLAIMS)
        .where(CLAIMS.c.id == claim_id, CLAIMS.c.status.in_(sorted(allowed_from)))
        .values(status=to, updated_at=step.at, version=CLAIMS.c.version + 1, **columns)
        .returning(*CLAIMS.columns)
    )
    row = connection.execute(statement).mappings().first()
    if row is not None:
        _write_step(connection, row, step)
    return row


def answer_line(connection: Connection, claim_id: UUID, position: int, **columns: Any) -> None:
    """Writes what the payer made of a line."""
    connection.execute(
        update(CLAIM_LINES)
        .where(CLAIM_LINES.c.claim_id == claim_id, CLAIM_LINES.c.position == position)
        .values(**columns)
    )


def add_interchange(
    connection: Connection,
    claim_id: UUID | None,
    kind: str,
    control_number: str,
    content: str,
    at: datetime,
    *,
    claim_version: int | None = None,
    error: str | None = None,
) -> None:
    """Keeps what was sent or received."""
    connection.execute(
        insert(INTERCHANGES).values(
            id=new_id(),
            claim_id=claim_id,
            kind=kind,
            control_number=control_number,
            content=content,
            at=at,
            claim_version=claim_version,
            error=error,
        )
    )


def is_refused(connection: Connection, control_number: str) -> bool:
    """Whether a received 835 is kept as refused."""
    query = select(INTERCHANGES.c.id).where(
        INTERCHANGES.c.kind == "835",
        INTERCHANGES.c.control_number == control_number,
        INTERCHANGES.c.error.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def refused(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """835s that were received and refused, newest first."""
    query = select(INTERCHANGES).where(INTERCHANGES.c.error.is_not(None))
    newest = query.order_by(INTERCHANGES.c.id.desc()).limit(limit)
    return connection.execute(newest).mappings().all()


def find_sent(connection: Connection, claim_id: UUID, version: int) -> RowMapping | None:
    """The interchange that was made for a claim in a version."""
    query = select(INTERCHANGES).where(
        INTERCHANGES.c.claim_id == claim_id,
        INTERCHANGES.c.kind == "837P",
        INTERCHANGES.c.claim_version == version,
    )
    return connection.execute(query).mappings().first()


def count_by_status(connection: Connection) -> dict[str, int]:
    """How many claims stand where."""
    query = select(CLAIMS.c.status, func.count()).group_by(CLAIMS.c.status)
    return {row[0]: row[1] for row in connection.execute(query)}


def _write_step(connection: Connection, row: RowMapping, step: Step) -> None:
    connection.execute(
        insert(CLAIM_MOVES).values(
            claim_id=row["id"],
            version=row["version"],
            move=step.move,
            status=row["status"],
            note=step.note,
            actor_id=step.actor_id,
            at=step.at,
        )
    )
