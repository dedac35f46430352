"""What the simulated card company did, by the references of its customers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update

from storage.columns import new_id
from storage.simulators.card_tables import CHARGES, REFUNDS, REQUESTS


def note_request(connection: Connection, reference: str, at: datetime) -> int:
    """Remembers a request, and makes others with the same reference wait; how many came before."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:reference, 0))"),
        {"reference": reference},
    )
    earlier = connection.execute(
        select(func.count()).select_from(REQUESTS).where(REQUESTS.c.reference == reference)
    ).scalar_one()
    connection.execute(insert(REQUESTS), {"id": new_id(), "reference": reference, "at": at})
    return int(earlier)


def add_charge(connection: Connection, values: Mapping[str, Any]) -> None:
    """Takes the money, or writes down that it was declined."""
    connection.execute(insert(CHARGES), dict(values))


def find_charge(connection: Connection, reference: str) -> RowMapping | None:
    """The charge under the customer's reference."""
    query = select(CHARGES).where(CHARGES.c.reference == reference)
    return connection.execute(query).mappings().first()


def find_refund(connection: Connection, reference: str) -> RowMapping | None:
    """The refund under the customer's reference."""
    query = select(REFUNDS).where(REFUNDS.c.reference == reference)
    return connection.execute(query).mappings().first()


def add_refund(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Gives money back; False when more than was taken would go."""
    refunded = CHARGES.c.refunded + values["amount"]
    taken = connection.execute(
        update(CHARGES)
        .where(
            CHARGES.c.reference == values["charge_reference"],
            CHARGES.c.status == "succeeded",
            refunded <= CHARGES.c.amount,
        )
        .values(refunded=refunded)
    )
    if taken.rowcount == 0:
        return False
    connection.execute(insert(REFUNDS), dict(values))
    return True


def reverse_charge(connection: Connection, reference: str, status: str) -> RowMapping | None:
    """Makes a charge that stands voided or charged back; None when there is none."""
    statement = (
        update(CHARGES)
        .where(CHARGES.c.reference == reference, CHARGES.c.status == "succeeded")
        .values(status=status)
        .returning(*CHARGES.columns)
    )
    return connection.execute(statement).mappings().first()
