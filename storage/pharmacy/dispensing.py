"""Dispensings, their items, and what came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update

from storage.pharmacy.dispensing_tables import DISPENSINGS, ITEMS, RETURNS
from storage.pharmacy.formulary_tables import MEDICATIONS
from storage.pharmacy.stock_tables import BATCHES


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dispensings are listed; None filters nothing."""

    patient_id: UUID | None = None
    prescription_id: UUID | None = None
    status: str | None = None
    before: UUID | None = None


def add(
    connection: Connection, values: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts a dispensing with its items."""
    connection.execute(insert(DISPENSINGS), dict(values))
    connection.execute(insert(ITEMS), [dict(item) for item in items])


def find(connection: Connection, dispensing_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The dispensing without its items; with `lock` until the transaction ends."""
    query = select(DISPENSINGS).where(DISPENSINGS.c.id == dispensing_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def change(connection: Connection, dispensing_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes values into a dispensing that the caller has locked.

    Raises:
        sqlalchemy.exc.IntegrityError: the witness is not another person.
    """
    statement = (
        update(DISPENSINGS)
        .where(DISPENSINGS.c.id == dispensing_id)
        .values(version=DISPENSINGS.c.version + 1, **values)
        .returning(*DISPENSINGS.columns)
    )
    return connection.execute(statement).mappings().one()


def list_items(connection: Connection, dispensing_ids: Sequence[UUID]) -> Sequence[RowMapping]:
    """The items of dispensings, with batch and medication."""
    query = (
        select(
            *ITEMS.columns,
            BATCHES.c.lot,
            BATCHES.c.expires_on,
            MEDICATIONS.c.schedule,
            MEDICATIONS.c.unit,
            MEDICATIONS.c.code,
        )
        .join(BATCHES, BATCHES.c.id == ITEMS.c.batch_id)
        .join(MEDICATIONS, MEDICATIONS.c.id == ITEMS.c.medication_id)
        .where(ITEMS.c.dispensing_id.in_(dispensing_ids))
        .order_by(ITEMS.c.dispensing_id, ITEMS.c.id)
    )
    return connection.execute(query).mappings().all()


def list_fills(connection: Connection, prescription_id: UUID) -> Sequence[RowMapping]:
    """What was handed over of a prescription and kept, oldest first."""
    query = (
        select(
            ITEMS.c.prescription_item_id,
            DISPENSINGS.c.completed_at,
            (ITEMS.c.quantity - ITEMS.c.returned).label("kept"),
        )
        .join(DISPENSINGS, DISPENSINGS.c.id == ITEMS.c.dispensing_id)
        .where(
            DISPENSINGS.c.prescription_id == prescription_id, DISPENSINGS.c.status == "completed"
        )
        .order_by(DISPENSINGS.c.completed_at, ITEMS.c.id)
    )
    return connection.execute(query).mappings().all()


def take_back(connection: Connection, item_id: UUID, quantity: Decimal) -> bool:
    """Counts a return; False when more comes back than the patient kept."""
    statement = (
        update(ITEMS)
        .where(ITEMS.c.id == item_id, ITEMS.c.returned + quantity <= ITEMS.c.quantity)
        .values(returned=ITEMS.c.returned + quantity)
    )
    return connection.execute(statement).rowcount == 1


def add_returns(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes what came back."""
    connection.execute(insert(RETURNS), [dict(row) for row in rows])


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` dispensings without their items, newest first."""
    query = select(DISPENSINGS).order_by(DISPENSINGS.c.id.desc()).limit(limit)
    if wanted.patient_id is not None:
        query = query.where(DISPENSINGS.c.patient_id == wanted.patient_id)
    if wanted.prescription_id is not None:
        query = query.where(DISPENSINGS.c.prescription_id == wanted.prescription_id)
    if wanted.status is not None:
        query = query.where(DISPENSINGS.c.status == wanted.status)
    if wanted.before is not None:
        query = query.where(DISPENSINGS.c.id < wanted.before)
    return connection.execute(query).mappings().all()
