"""What patients let others read, or do not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, tuple_, update

from storage.medical_records.access_tables import Consent

Row = Mapping[Any, Any]
TABLE: Final = cast("Table", Consent.__table__)
ADD: Final = insert(TABLE).returning(TABLE)


def add(connection: Connection, values: Row) -> Row:
    """Writes a consent."""
    return connection.execute(ADD, dict(values)).mappings().one()


def lock(connection: Connection, patient_id: UUID, consent_id: UUID) -> Row | None:
    """One consent of the patient, until the transaction ends."""
    query = select(TABLE).where(TABLE.c.id == consent_id, TABLE.c.patient_id == patient_id)
    return connection.execute(query.with_for_update()).mappings().first()


def end(connection: Connection, consent_id: UUID, status: str, at: datetime) -> Row:
    """Takes a consent out of force."""
    change = (
        update(TABLE)
        .where(TABLE.c.id == consent_id)
        .values(status=status, revoked_at=at, version=TABLE.c.version + 1)
        .returning(TABLE)
    )
    return connection.execute(change).mappings().one()


def page(
    connection: Connection, patient_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row]:
    """A patient's consents, the latest first."""
    query = (
        select(TABLE)
        .where(TABLE.c.patient_id == patient_id)
        .order_by(TABLE.c.recorded_at.desc(), TABLE.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(TABLE.c.recorded_at, TABLE.c.id) < tuple_(*after))
    return connection.execute(query).mappings().all()
