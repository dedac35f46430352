"""Statements about medication that the mechanism of entries does not have."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from storage.medical_records.chart_tables import Medication, PrescriptionEnd
from storage.medical_records.entries import columns_of, table_of

MEDICATIONS: Final = table_of(Medication)
ENDS: Final = table_of(PrescriptionEnd)
MOST_CURRENT: Final = 200


def list_current(connection: Connection, patient_id: UUID, today: date) -> Sequence[RowMapping]:
    """What the patient takes on a day, latest first."""
    query = (
        select(*columns_of(Medication))
        .where(
            MEDICATIONS.c.patient_id == patient_id,
            MEDICATIONS.c.status == "active",
            or_(MEDICATIONS.c.ended_on.is_(None), MEDICATIONS.c.ended_on >= today),
        )
        .order_by(MEDICATIONS.c.recorded_at.desc(), MEDICATIONS.c.id.desc())
        .limit(MOST_CURRENT)
    )
    return connection.execute(query).mappings().all()


def list_prescribed(connection: Connection, prescription_id: UUID) -> Sequence[RowMapping]:
    """Entries that follow a prescription, locked until the transaction ends."""
    query = (
        select(*columns_of(Medication))
        .where(MEDICATIONS.c.prescription_id == prescription_id)
        .order_by(MEDICATIONS.c.id)
        .with_for_update()
    )
    return connection.execute(query).mappings().all()


def lock_prescription(connection: Connection, prescription_id: UUID) -> None:
    """Holds other news of the prescription back until the transaction ends."""
    key = prescription_id.int & 0x7FFF_FFFF_FFFF_FFFF
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def keep_end(connection: Connection, prescription_id: UUID, **end: Any) -> None:
    """Remembers how a prescription ended, in its columns; an older version changes nothing."""
    new = insert(ENDS).values(prescription_id=prescription_id, **end)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["prescription_id"], set_=end, where=ENDS.c.version < end["version"]
        )
    )


def find_end(connection: Connection, prescription_id: UUID) -> RowMapping | None:
    """How a prescription ended, if it is known to have."""
    query = select(*ENDS.columns).where(ENDS.c.prescription_id == prescription_id)
    return connection.execute(query).mappings().first()
