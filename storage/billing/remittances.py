"""Payments of payers: posted once, and what they were for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.claim_tables import CLAIMS, REMITTANCE_CLAIMS, REMITTANCES


def add(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Writes a remittance; False when payer, trace number and amount are there already.

    Of two at once the second one waits for the first one to commit.
    """
    statement = upsert(REMITTANCES).values(**values)
    once = ["payer_id", "trace_number", "amount"]
    return connection.execute(statement.on_conflict_do_nothing(index_elements=once)).rowcount == 1


def add_claims(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes what it was for."""
    if rows:
        connection.execute(insert(REMITTANCE_CLAIMS), list(rows))


def find(connection: Connection, remittance_id: UUID) -> RowMapping | None:
    """One remittance."""
    query = select(REMITTANCES).where(REMITTANCES.c.id == remittance_id)
    return connection.execute(query).mappings().first()


def search(
    connection: Connection, *, payer_id: UUID | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Remittances, newest first."""
    query = select(REMITTANCES)
    if payer_id is not None:
        query = query.where(REMITTANCES.c.payer_id == payer_id)
    if before is not None:
        query = query.where(REMITTANCES.c.id < before)
    newest = query.order_by(REMITTANCES.c.id.desc())
    return connection.execute(newest.limit(limit)).mappings().all()


def last_trace(connection: Connection, payer_id: UUID) -> str:
    """Trace number of the payer's newest remittance; empty when there is none."""
    newest = search(connection, payer_id=payer_id, before=None, limit=1)
    return newest[0]["trace_number"] if newest else ""


def claims_of(connection: Connection, remittance_id: UUID) -> Sequence[RowMapping]:
    """What a remittance was for."""
    table = REMITTANCE_CLAIMS
    query = (
        select(table.c.claim_id, CLAIMS.c.number, table.c.paid)
        .join(CLAIMS, CLAIMS.c.id == table.c.claim_id)
        .where(table.c.remittance_id == remittance_id)
        .order_by(CLAIMS.c.number)
    )
    return connection.execute(query).mappings().all()
