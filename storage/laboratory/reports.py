"""Versions of reports and their documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select
from sqlalchemy.dialects.postgresql import insert

from storage.laboratory.tables import DOCUMENTS, REPORTS

_LATER: Final = REPORTS.alias("later")
_SHOWN: Final = select(
    REPORTS,
    exists()
    .where(_LATER.c.order_id == REPORTS.c.order_id, _LATER.c.version > REPORTS.c.version)
    .label("replaced"),
)


def newest(connection: Connection, order_id: UUID) -> Row[Any] | None:
    """The newest version of the report of an order."""
    query = select(REPORTS).where(REPORTS.c.order_id == order_id)
    return connection.execute(query.order_by(REPORTS.c.version.desc()).limit(1)).one_or_none()


def was_final(connection: Connection, order_id: UUID) -> bool:
    """Whether a version of it was more than preliminary."""
    query = select(REPORTS.c.id).where(
        REPORTS.c.order_id == order_id, REPORTS.c.status != "preliminary"
    )
    return connection.execute(query.limit(1)).first() is not None


def add(connection: Connection, report: Mapping[str, Any], documents: Mapping[str, bytes]) -> None:
    """Adds a version with its documents, by language."""
    connection.execute(insert(REPORTS), [report])
    for locale, pdf in documents.items():
        keep_document(connection, report["id"], locale, pdf)


def keep_document(connection: Connection, report_id: UUID, locale: str, pdf: bytes) -> None:
    """Keeps a document; the same one that somebody else has just made is enough."""
    row = {"report_id": report_id, "locale": locale, "pdf": pdf}
    connection.execute(insert(DOCUMENTS).on_conflict_do_nothing(), row)


def find(connection: Connection, report_id: UUID) -> Row[Any] | None:
    """One version of a report, and whether a later one has replaced it."""
    return connection.execute(_SHOWN.where(REPORTS.c.id == report_id)).one_or_none()


def document(connection: Connection, report_id: UUID, locale: str) -> bytes | None:
    """Its PDF in a language."""
    query = select(DOCUMENTS.c.pdf).where(
        DOCUMENTS.c.report_id == report_id, DOCUMENTS.c.locale == locale
    )
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def list_page(
    connection: Connection,
    patient_id: UUID,
    order_id: UUID | None,
    visible_at: datetime | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Versions of reports of a patient, newest first.

    Args:
        connection: open.
        patient_id: whose.
        order_id: of this order only.
        visible_at: only what the patient may see at this moment.
        before: ids below this one.
        limit: at most so many.
    """
    query = _SHOWN.where(REPORTS.c.patient_id == patient_id)
    if order_id is not None:
        query = query.where(REPORTS.c.order_id == order_id)
    if visible_at is not None:
        query = query.where(REPORTS.c.visible_at <= visible_at)
    if before is not None:
        query = query.where(REPORTS.c.id < before)
    return connection.execute(query.order_by(REPORTS.c.id.desc()).limit(limit)).all()
