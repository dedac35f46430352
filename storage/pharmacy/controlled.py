"""The running register of controlled drugs: one line for each movement, numbers without gaps."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.pharmacy.dispensing_tables import CONTROLLED_BALANCES, REGISTER
from storage.pharmacy.stock_tables import MOST

HEAD: Final = (CONTROLLED_BALANCES.c.number, CONTROLLED_BALANCES.c.quantity)


def write(
    connection: Connection,
    location_id: UUID,
    medication_id: UUID,
    change: Decimal,
    values: Mapping[str, Any],
) -> bool:
    """Writes the next line; False when it would be more than a place holds.

    The head stays locked until the transaction ends, so that no number is lost or given twice.

    Raises:
        sqlalchemy.exc.IntegrityError: the balance would fall below zero.
    """
    head = (_lower if change < 0 else _raise)(connection, location_id, medication_id, change)
    if head is None:
        return False
    line = {
        "location_id": location_id,
        "medication_id": medication_id,
        "number": head["number"],
        "change": change,
        "balance_before": head["quantity"] - change,
        "balance_after": head["quantity"],
        **values,
    }
    connection.execute(insert(REGISTER), line)
    return True


def _lower(
    connection: Connection, location_id: UUID, medication_id: UUID, change: Decimal
) -> RowMapping:
    statement = (
        update(CONTROLLED_BALANCES)
        .where(
            CONTROLLED_BALANCES.c.location_id == location_id,
            CONTROLLED_BALANCES.c.medication_id == medication_id,
        )
        .values(
            number=CONTROLLED_BALANCES.c.number + 1,
            quantity=CONTROLLED_BALANCES.c.quantity + change,
        )
        .returning(*HEAD)
    )
    return connection.execute(statement).mappings().one()


def _raise(
    connection: Connection, location_id: UUID, medication_id: UUID, change: Decimal
) -> RowMapping | None:
    statement = upsert(CONTROLLED_BALANCES).values(
        location_id=location_id, medication_id=medication_id, number=1, quantity=change
    )
    raised = statement.on_conflict_do_update(
        index_elements=["location_id", "medication_id"],
        set_={
            "number": CONTROLLED_BALANCES.c.number + 1,
            "quantity": CONTROLLED_BALANCES.c.quantity + statement.excluded.quantity,
        },
        where=CONTROLLED_BALANCES.c.quantity + statement.excluded.quantity < MOST,
    ).returning(*HEAD)
    return connection.execute(raised).mappings().first()


def list_page(
    connection: Connection, location_id: UUID, medication_id: UUID, *, after: int, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` lines by number."""
    query = (
        select(REGISTER)
        .where(
            REGISTER.c.location_id == location_id,
            REGISTER.c.medication_id == medication_id,
            REGISTER.c.number > after,
        )
        .order_by(REGISTER.c.number)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()
