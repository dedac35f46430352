"""Statements about allergies that the mechanism of entries does not have."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from storage.medical_records.chart_tables import Allergy
from storage.medical_records.entries import columns_of, table_of

ALLERGIES = table_of(Allergy)


def list_active(
    connection: Connection, patient_ids: Collection[UUID], *, lock: bool = False
) -> Sequence[RowMapping]:
    """Active allergies of patients, and active facts that none is known.

    Args:
        connection: in a transaction when they are to be locked.
        patient_ids: whose.
        lock: until the transaction ends.
    """
    query = (
        select(*columns_of(Allergy))
        .where(
            ALLERGIES.c.patient_id.in_(sorted(patient_ids)),
            ALLERGIES.c.clinical_status == "active",
        )
        .order_by(ALLERGIES.c.id)
    )
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().all()
