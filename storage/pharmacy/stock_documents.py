"""Stock documents and their lines."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update

from storage.pharmacy.formulary_tables import MEDICATIONS
from storage.pharmacy.stock_tables import BATCHES, DOCUMENTS, LINES


def add(
    connection: Connection, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts a document with its lines.

    Raises:
        sqlalchemy.exc.IntegrityError: a batch stands on two lines.
    """
    connection.execute(insert(DOCUMENTS), dict(values))
    connection.execute(insert(LINES), [dict(line) for line in lines])


def find(connection: Connection, document_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The document without its lines; with `lock` until the transaction ends."""
    query = select(DOCUMENTS).where(DOCUMENTS.c.id == document_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def find_by_identifier(connection: Connection, system: str, value: str) -> RowMapping | None:
    """The document that was imported with the identifier."""
    query = select(DOCUMENTS).where(
        DOCUMENTS.c.identifier_system == system, DOCUMENTS.c.identifier_value == value
    )
    return connection.execute(query).mappings().first()


def list_lines(connection: Connection, document_ids: Sequence[UUID]) -> Sequence[RowMapping]:
    """The lines of documents, in order, with batch and medication."""
    query = (
        select(
            *LINES.columns,
            BATCHES.c.medication_id,
            BATCHES.c.lot,
            BATCHES.c.expires_on,
            BATCHES.c.status.label("batch_status"),
            MEDICATIONS.c.schedule,
            MEDICATIONS.c.unit,
        )
        .join(BATCHES, BATCHES.c.id == LINES.c.batch_id)
        .join(MEDICATIONS, MEDICATIONS.c.id == BATCHES.c.medication_id)
        .where(LINES.c.document_id.in_(document_ids))
        .order_by(LINES.c.document_id, LINES.c.position)
    )
    return connection.execute(query).mappings().all()


def change(connection: Connection, document_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes values into a document that the caller has locked.

    Raises:
        sqlalchemy.exc.IntegrityError: the maker decides or witnesses.
    """
    statement = (
        update(DOCUMENTS)
        .where(DOCUMENTS.c.id == document_id)
        .values(version=DOCUMENTS.c.version + 1, **values)
        .returning(*DOCUMENTS.columns)
    )
    return connection.execute(statement).mappings().one()


def list_page(
    connection: Connection,
    *,
    status: str | None,
    kind: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` documents, newest first."""
    query = select(DOCUMENTS).order_by(DOCUMENTS.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(DOCUMENTS.c.status == status)
    if kind is not None:
        query = query.where(DOCUMENTS.c.kind == kind)
    if before is not None:
        query = query.where(DOCUMENTS.c.id < before)
    return connection.execute(query).mappings().all()
