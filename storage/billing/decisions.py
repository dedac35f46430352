"""What one asks for and another decides: discounts and exemptions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from storage.billing.charge_tables import DISCOUNTS, EXEMPTIONS
from storage.columns import new_id


def add(
    connection: Connection, table: Table, actor_id: UUID, at: datetime, values: Mapping[str, Any]
) -> RowMapping:
    """Writes a request into `DISCOUNTS` or `EXEMPTIONS`.

    Raises:
        sqlalchemy.exc.IntegrityError: there is one for the same thing.
    """
    asked = {"id": new_id(), "status": "requested", "requested_by": actor_id, "requested_at": at}
    row = {**asked, **values}
    return connection.execute(insert(table).returning(*table.columns), row).mappings().one()


def lock(connection: Connection, table: Table, row_id: UUID) -> RowMapping | None:
    """A request, locked until the end of the transaction."""
    query = select(table).where(table.c.id == row_id).with_for_update()
    return connection.execute(query).mappings().first()


def decide(
    connection: Connection,
    table: Table,
    row_id: UUID,
    actor_id: UUID,
    at: datetime,
    *,
    approve: bool,
) -> RowMapping:
    """Writes the decision on a request that the caller has locked."""
    statement = (
        update(table)
        .where(table.c.id == row_id)
        .values(status="approved" if approve else "rejected", decided_by=actor_id, decided_at=at)
        .returning(*table.columns)
    )
    return connection.execute(statement).mappings().one()


def all_of(connection: Connection, table: Table, column: str, value: UUID) -> Sequence[RowMapping]:
    """Every request of an invoice or a patient, oldest first; few."""
    query = select(table).where(table.c[column] == value).order_by(table.c.id)
    return connection.execute(query).mappings().all()


__all__ = ["DISCOUNTS", "EXEMPTIONS", "add", "all_of", "decide", "lock"]
