"""Everything in a chart by time: one statement over the tables of all kinds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    Integer,
    RowMapping,
    Select,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.sql.elements import ColumnElement

from storage.medical_records import chart_tables, encounter_tables, observation_tables
from storage.medical_records.base import Base
from storage.medical_records.entries import table_of

_ENCOUNTERS: Final = table_of(encounter_tables.Encounter)
_NOTES: Final = table_of(encounter_tables.Note)
_OBSERVATIONS: Final = table_of(observation_tables.VitalSign)
_CONDITIONS: Final = table_of(chart_tables.Diagnosis)
_ALLERGIES: Final = table_of(chart_tables.Allergy)


@dataclass(frozen=True, slots=True)
class _Source:
    """How rows of a table stand in the course; what is left out goes by the usual columns."""

    model: type[Base]
    at: str = "recorded_at"
    text: ColumnElement[str] | str = "code_text"
    status: ColumnElement[str] | str = "status"
    detail: ColumnElement[str] | None = None
    only: ColumnElement[bool] | None = None


_SOURCES: Final = {
    "Encounter": _Source(
        encounter_tables.Encounter,
        at="start",
        text=func.coalesce(_ENCOUNTERS.c.type_text, _ENCOUNTERS.c.class_code),
    ),
    "Composition": _Source(
        encounter_tables.Note, text="title", only=_NOTES.c.status != "preliminary"
    ),
    "Condition": _Source(
        chart_tables.Diagnosis,
        status=func.coalesce(_CONDITIONS.c.clinical_status, _CONDITIONS.c.verification_status),
    ),
    "AllergyIntolerance": _Source(
        chart_tables.Allergy,
        status=func.coalesce(_ALLERGIES.c.clinical_status, _ALLERGIES.c.verification_status),
    ),
    "MedicationStatement": _Source(chart_tables.Medication),
    "Procedure": _Source(chart_tables.Procedure),
    "CarePlan": _Source(chart_tables.CarePlan, text="title"),
    "FamilyMemberHistory": _Source(chart_tables.MedicalHistory),
    "Observation": _Source(
        observation_tables.VitalSign,
        at="effective_at",
        detail=func.nullif(func.concat_ws(" ", _OBSERVATIONS.c.value, _OBSERVATIONS.c.unit), ""),
    ),
    "Immunization": _Source(observation_tables.Immunization, at="occurred_at"),
}
KINDS: Final = frozenset(_SOURCES)
PATIENT: Final = bindparam("patient", type_=Uuid)
MOST: Final = bindparam("most", type_=Integer)
AFTER_AT: Final = bindparam("after_at", type_=TIMESTAMP(timezone=True))
AFTER_ID: Final = bindparam("after_id", type_=Uuid)


def page(
    connection: Connection,
    patient_id: UUID,
    kinds: Collection[str],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` entries that are not voided, the latest first; signed notes only.

    Args:
        connection: to read with.
        patient_id: whose.
        kinds: of `KINDS`, at least one.
        after: position of the last entry of the page before.
        limit: how many.
    """
    values: dict[str, Any] = {"patient": patient_id, "most": limit}
    if after is not None:
        values |= {"after_at": after[0], "after_id": after[1]}
    course = _course(frozenset(kinds), continued=after is not None)
    return connection.execute(course, values).mappings().all()


@cache
def _course(kinds: frozenset[str], *, continued: bool) -> Select[Any]:
    """The statement, made once for each choice of kinds: making it takes longer than running it."""
    parts = [_part(kind, continued=continued) for kind in sorted(kinds)]
    course = union_all(*parts).subquery("course")
    return select(course).order_by(course.c.at.desc(), course.c.id.desc()).limit(MOST)


def _part(kind: str, *, continued: bool) -> Select[Any]:
    source = _SOURCES[kind]
    table = table_of(source.model)
    at = table.c[source.at]
    text, status = (
        table.c[one] if isinstance(one, str) else one for one in (source.text, source.status)
    )
    detail = null().cast(Text) if source.detail is None else source.detail
    query = select(
        literal(kind, Text).label("kind"),
        at.label("at"),
        table.c.id.label("id"),
        text.label("text"),
        detail.label("detail"),
        status.label("status"),
        table.c.encounter_id.label("encounter_id"),
    ).where(table.c.patient_id == PATIENT, table.c.voided_at.is_(None))
    if source.only is not None:
        query = query.where(source.only)
    if continued:
        query = query.where(tuple_(at, table.c.id) < tuple_(AFTER_AT, AFTER_ID))
    return query.order_by(at.desc(), table.c.id.desc()).limit(MOST)
