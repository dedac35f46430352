"""What is known of a reader and a chart, in one statement; and opening a chart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Table, Uuid, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.columns import new_id
from storage.medical_records.access_tables import (
    BreakGlassAccess,
    Consent,
    MedicalRecord,
    TreatmentRelation,
)

PATIENT: Final = bindparam("patient", type_=Uuid)
READER: Final = bindparam("reader", type_=Uuid)
AT: Final = bindparam("at", type_=TIMESTAMP(timezone=True))

_RELATION: Final = (
    select(func.concat(TreatmentRelation.kind, ":", TreatmentRelation.source_id))
    .where(
        TreatmentRelation.patient_id == PATIENT,
        TreatmentRelation.practitioner_id == READER,
        TreatmentRelation.starts_at <= AT,
        or_(TreatmentRelation.ends_at.is_(None), TreatmentRelation.ends_at > AT),
    )
    .order_by(TreatmentRelation.ends_at.desc().nulls_first())
    .limit(1)
    .scalar_subquery()
)
_GRANT: Final = (
    select(BreakGlassAccess.id)
    .where(
        BreakGlassAccess.patient_id == PATIENT,
        BreakGlassAccess.practitioner_id == READER,
        BreakGlassAccess.ended_at.is_(None),
        BreakGlassAccess.expires_at > AT,
    )
    .order_by(BreakGlassAccess.expires_at.desc())
    .limit(1)
    .scalar_subquery()
)
_PROVISIONS: Final = (
    select(
        func.jsonb_agg(
            func.jsonb_build_object(
                "id", Consent.id,
                "permits", Consent.provision == "permit",
                "practitioner_id", Consent.practitioner_id,
                "role", Consent.role,
                "kinds", Consent.kinds,
            )
        )
    )
    .where(
        Consent.patient_id == PATIENT,
        Consent.status == "active",
        Consent.starts_at <= AT,
        or_(Consent.ends_at.is_(None), Consent.ends_at > AT),
    )
    .scalar_subquery()
)  # fmt: skip
KNOWN: Final = select(
    _RELATION.label("relation"),
    _GRANT.label("grant_id"),
    _PROVISIONS.label("provisions"),
)
OPEN: Final = upsert(cast("Table", MedicalRecord.__table__)).on_conflict_do_nothing()
FIND: Final = select(MedicalRecord.__table__).where(MedicalRecord.patient_id == PATIENT)


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say.

    Attributes:
        relation: `encounter:<id>` and the like, when one holds now.
        grant_id: of a broken glass that has not run out.
        provisions: rows of consents in force: id, permits, practitioner_id, role, kinds.
    """

    relation: str | None
    grant_id: UUID | None
    provisions: list[dict[str, Any]]


def known(connection: Connection, patient_id: UUID, reader_id: UUID, at: datetime) -> Known:
    """Everything that decides whether the reader may read the patient's chart at a moment."""
    values = {"patient": patient_id, "reader": reader_id, "at": at}
    row = connection.execute(KNOWN, values).one()
    return Known(row.relation, row.grant_id, row.provisions or [])


def open_record(connection: Connection, patient_id: UUID, by: UUID, at: datetime) -> None:
    """Opens the patient's record, unless it is open."""
    values = {"id": new_id(), "patient_id": patient_id, "opened_at": at, "opened_by": by}
    connection.execute(OPEN, values)


def find_record(connection: Connection, patient_id: UUID) -> dict[str, Any] | None:
    """The row of the patient's record."""
    row = connection.execute(FIND, {"patient": patient_id}).mappings().first()
    return dict(row) if row else None
