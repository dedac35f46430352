"""What patients have paid in advance: one guarded balance each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.payment_tables import DEPOSITS


def put(connection: Connection, patient_id: UUID, currency: str, amount: int, at: datetime) -> None:
    """Adds to a deposit."""
    added = upsert(DEPOSITS)
    statement = added.on_conflict_do_update(
        index_elements=["patient_id", "currency"],
        set_={"balance": DEPOSITS.c.balance + added.excluded.balance, "updated_at": at},
    )
    values = {"patient_id": patient_id, "currency": currency, "balance": amount, "updated_at": at}
    connection.execute(statement, values)


def take(
    connection: Connection, patient_id: UUID, currency: str, amount: int, at: datetime
) -> bool:
    """Takes from a deposit; False when so much is not there."""
    statement = (
        update(DEPOSITS)
        .where(
            DEPOSITS.c.patient_id == patient_id,
            DEPOSITS.c.currency == currency,
            DEPOSITS.c.balance >= amount,
        )
        .values(balance=DEPOSITS.c.balance - amount, updated_at=at)
    )
    return connection.execute(statement).rowcount == 1


def lock(connection: Connection, patient_id: UUID, currency: str) -> int:
    """What is on a deposit, which stays locked until the transaction ends."""
    query = (
        select(DEPOSITS.c.balance)
        .where(DEPOSITS.c.patient_id == patient_id, DEPOSITS.c.currency == currency)
        .with_for_update()
    )
    return int(connection.execute(query).scalar() or 0)


def list_of(connection: Connection, patient_id: UUID) -> list[RowMapping]:
    """The deposits of a patient, by currency."""
    query = (
        select(DEPOSITS).where(DEPOSITS.c.patient_id == patient_id).order_by(DEPOSITS.c.currency)
    )
    return list(connection.execute(query).mappings())
