"""Treatment relations: who treats whom, since when, and how long it lets them read."""

from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.medical_records.access_tables import TreatmentRelation

_NEW: Final = upsert(cast("Table", TreatmentRelation.__table__))
NOTE: Final = _NEW.on_conflict_do_update(
    index_elements=["patient_id", "practitioner_id", "kind", "source_id"],
    set_={"ends_at": _NEW.excluded.ends_at, "version": _NEW.excluded.version},
    where=TreatmentRelation.version <= _NEW.excluded.version,
)
END: Final = (
    update(TreatmentRelation)
    .where(
        TreatmentRelation.kind == bindparam("of_kind"),
        TreatmentRelation.source_id == bindparam("of_source"),
    )
    .values(ends_at=func.least(TreatmentRelation.ends_at, bindparam("until")))
)
END_OF_ONE: Final = END.where(TreatmentRelation.practitioner_id == bindparam("of_practitioner"))


def note(
    connection: Connection,
    *,
    patient_id: UUID,
    practitioner_id: UUID,
    kind: str,
    source_id: UUID,
    starts_at: datetime,
    ends_at: datetime | None = None,
    version: int = 0,
) -> None:
    """Somebody treats a patient; of a relation that is known already, the end is moved.

    Args:
        connection: in the transaction of what makes the relation.
        patient_id: who is treated.
        practitioner_id: who treats.
        kind: encounter, appointment or order.
        source_id: which one.
        starts_at: from when it lets them read.
        ends_at: until when, exclusive; None while it goes on.
        version: of the source; what is known from a later version stays.
    """
    connection.execute(
        NOTE,
        {
            "patient_id": patient_id,
            "practitioner_id": practitioner_id,
            "kind": kind,
            "source_id": source_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "version": version,
        },
    )


def end(
    connection: Connection,
    kind: str,
    source_id: UUID,
    until: datetime,
    practitioner_id: UUID | None = None,
) -> None:
    """Relations by this source end at a moment, unless they end before.

    Args:
        connection: in the transaction of what ends them.
        kind: encounter, appointment or order.
        source_id: which one.
        until: when, exclusive.
        practitioner_id: whose; everybody's when left out.
    """
    values = {"of_kind": kind, "of_source": source_id, "until": until}
    if practitioner_id is None:
        connection.execute(END, values)
    else:
        connection.execute(END_OF_ONE, values | {"of_practitioner": practitioner_id})
