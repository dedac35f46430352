"""Recalls, and the patients whom they concern."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, literal, select

from storage.pharmacy.dispensing_tables import DISPENSINGS, ITEMS, RECALL_PATIENTS, RECALLS
from storage.pharmacy.stock_tables import BATCHES

_VIEW = (
    select(*RECALLS.columns, BATCHES.c.medication_id, BATCHES.c.lot, BATCHES.c.expires_on)
    .join(BATCHES, BATCHES.c.id == RECALLS.c.batch_id)
    .order_by(RECALLS.c.id.desc())
)


def find_batch_id(connection: Connection, medication_id: UUID, lot: str) -> UUID | None:
    """The batch of a lot."""
    query = select(BATCHES.c.id).where(BATCHES.c.medication_id == medication_id)
    return connection.execute(query.where(BATCHES.c.lot == lot)).scalar()


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Inserts a recall."""
    connection.execute(insert(RECALLS), dict(values))


def add_patients(connection: Connection, recall_id: UUID, batch_id: UUID) -> Sequence[UUID]:
    """Notes who was handed the batch and did not bring all of it back."""
    kept = func.sum(ITEMS.c.quantity - ITEMS.c.returned)
    affected = (
        select(DISPENSINGS.c.patient_id, kept, func.max(DISPENSINGS.c.completed_at))
        .join(ITEMS, ITEMS.c.dispensing_id == DISPENSINGS.c.id)
        .where(ITEMS.c.batch_id == batch_id, DISPENSINGS.c.status == "completed")
        .group_by(DISPENSINGS.c.patient_id)
        .having(kept > 0)
        .subquery()
    )
    names = ["recall_id", "patient_id", "quantity", "last_dispensed_at"]
    query = select(literal(recall_id, RECALL_PATIENTS.c.recall_id.type), *affected.columns)
    statement = insert(RECALL_PATIENTS).from_select(names, query)
    returned = connection.execute(statement.returning(RECALL_PATIENTS.c.patient_id))
    return returned.scalars().all()


def find(connection: Connection, recall_id: UUID) -> RowMapping | None:
    """One recall with its lot."""
    return connection.execute(_VIEW.where(RECALLS.c.id == recall_id)).mappings().first()


def list_page(connection: Connection, *, before: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` recalls, newest first."""
    query = _VIEW if before is None else _VIEW.where(RECALLS.c.id < before)
    return connection.execute(query.limit(limit)).mappings().all()


def list_patients(
    connection: Connection, recall_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` patients of a recall, by id."""
    query = (
        select(RECALL_PATIENTS)
        .where(RECALL_PATIENTS.c.recall_id == recall_id)
        .order_by(RECALL_PATIENTS.c.patient_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(RECALL_PATIENTS.c.patient_id > after)
    return connection.execute(query).mappings().all()
