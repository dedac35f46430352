"""Emergency accesses and their reviews."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, tuple_, update

from storage.medical_records.access_tables import BreakGlassAccess

Row = Mapping[Any, Any]
TABLE: Final = cast("Table", BreakGlassAccess.__table__)
START: Final = insert(TABLE).returning(TABLE)


def start(connection: Connection, values: Row) -> Row:
    """Writes an emergency access; its review is open."""
    return connection.execute(START, dict(values)).mappings().one()


def end_running(
    connection: Connection, patient_id: UUID, practitioner_id: UUID, at: datetime
) -> Row | None:
    """Ends what the practitioner has running for the patient; the one that began last."""
    ended = (
        update(TABLE)
        .where(
            TABLE.c.patient_id == patient_id,
            TABLE.c.practitioner_id == practitioner_id,
            TABLE.c.ended_at.is_(None),
            TABLE.c.expires_at > at,
        )
        .values(ended_at=at, version=TABLE.c.version + 1)
        .returning(TABLE)
        .cte("ended")
    )
    last = select(ended).order_by(ended.c.started_at.desc(), ended.c.id.desc()).limit(1)
    return connection.execute(last).mappings().first()


def page(
    connection: Connection,
    *,
    reviewed: bool | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Row]:
    """Accesses of everybody, the latest first; None for reviewed and not."""
    query = select(TABLE).order_by(TABLE.c.started_at.desc(), TABLE.c.id.desc()).limit(limit)
    if reviewed is not None:
        found = TABLE.c.reviewed_at
        query = query.where(found.is_not(None) if reviewed else found.is_(None))
    if after is not None:
        query = query.where(tuple_(TABLE.c.started_at, TABLE.c.id) < tuple_(*after))
    return connection.execute(query).mappings().all()


def lock(connection: Connection, access_id: UUID) -> Row | None:
    """One access, until the transaction ends."""
    query = select(TABLE).where(TABLE.c.id == access_id).with_for_update()
    return connection.execute(query).mappings().first()


def review(connection: Connection, access_id: UUID, values: Row) -> Row:
    """Writes the verdict."""
    change = update(TABLE).where(TABLE.c.id == access_id).values(**values)
    changed = change.values(version=TABLE.c.version + 1).returning(TABLE)
    return connection.execute(changed).mappings().one()
