"""What policies have used up in a year, and what each payer owes of an invoice."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.insurance_tables import ACCUMULATORS, PAYER_SHARES

AMOUNTS = ("deductible", "paid", "own")


def lock(connection: Connection, coverage_id: UUID, year: int) -> RowMapping:
    """What a policy has used up in a year; locked, so that two cannot use up the same rest.

    Whoever locks several locks them in the order of their ids.
    """
    zero = dict.fromkeys(AMOUNTS, 0)
    key = {"coverage_id": coverage_id, "year": year}
    connection.execute(upsert(ACCUMULATORS).values(**key, **zero).on_conflict_do_nothing())
    return connection.execute(_query(coverage_id, year).with_for_update()).mappings().one()


def find(connection: Connection, coverage_id: UUID, year: int) -> RowMapping | None:
    """What a policy has used up in a year, without a lock; None when nothing."""
    return connection.execute(_query(coverage_id, year)).mappings().first()


def add(
    connection: Connection,
    coverage_id: UUID,
    year: int,
    amounts: Mapping[str, int],
    ceiling: int | None,
) -> bool:
    """Adds to what is used up; False when the payer would pay more than the ceiling by it."""
    table = ACCUMULATORS
    statement = (
        update(table)
        .where(table.c.coverage_id == coverage_id, table.c.year == year)
        .values({name: table.c[name] + amounts[name] for name in AMOUNTS})
    )
    if ceiling is not None and amounts["paid"] > 0:
        statement = statement.where(table.c.paid + amounts["paid"] <= ceiling)
    return connection.execute(statement).rowcount == 1


def add_share(connection: Connection, values: Mapping[str, Any]) -> None:
    """Writes what a payer owes of an invoice; one that is there stays as it is."""
    connection.execute(upsert(PAYER_SHARES).values(**values).on_conflict_do_nothing())


def add_shares(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes what each payer owes of an invoice."""
    if rows:
        connection.execute(insert(PAYER_SHARES), list(rows))


def shares_of(connection: Connection, invoice_id: UUID) -> Sequence[RowMapping]:
    """What each payer owes of an invoice, in their order."""
    query = select(PAYER_SHARES).where(PAYER_SHARES.c.invoice_id == invoice_id)
    return connection.execute(query.order_by(PAYER_SHARES.c.position)).mappings().all()


def change_share(
    connection: Connection, invoice_id: UUID, coverage_id: UUID, **columns: Any
) -> None:
    """Changes what a payer owes of an invoice; the caller holds the lock of the invoice."""
    table = PAYER_SHARES
    connection.execute(
        update(table)
        .where(table.c.invoice_id == invoice_id, table.c.coverage_id == coverage_id)
        .values(**columns)
    )


def _query(coverage_id: UUID, year: int) -> Any:
    table = ACCUMULATORS
    return select(table).where(table.c.coverage_id == coverage_id, table.c.year == year)
