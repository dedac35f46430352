"""Results in versions, the values in them, and what arrived but could not be placed."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.laboratory.base import Base

RESULT_STATUSES: Final = "'preliminary', 'final', 'corrected', 'amended', 'cancelled'"
SOURCES: Final = "'hand', 'file', 'hl7', 'import'"
FLAGS: Final = "'N', 'L', 'H', 'LL', 'HH', 'A'"
Later = TIMESTAMP(timezone=True)


class TestResult(Base):
    """One version of the result of a test; a later version replaces it, nothing overwrites it.

    Attributes:
        version: of the result, counted from 1 for each test.
        status: FHIR observation-status; `preliminary` until it is released.
        current: the version that counts; one for each test.
        source: how it came.
        source_id: the message or file that it came with.
        instrument: the analyzer, as it names itself.
        entered_by: who measured or typed it; the hospital's own software for analyzers.
        verified_how: `auto` or `person`.
        reason: why a released result was corrected or amended.
    """

    __test__ = False
    __tablename__ = "test_results"
    __table_args__ = (
        CheckConstraint(f"status IN ({RESULT_STATUSES})", name="status"),
        CheckConstraint(f"source IN ({SOURCES})", name="source"),
        CheckConstraint("verified_how IN ('auto', 'person')", name="verified_how"),
        CheckConstraint(
            "released_by IS NULL OR released_by <> entered_by OR verified_how = 'auto'",
            name="two_people",
        ),
        Index(None, "test_id", "version", unique=True),
        Index("uq_test_results_current", "test_id", unique=True, postgresql_where=text("current")),
    )

    id: Mapped[UuidKey]
    test_id: Mapped[UUID] = mapped_column(ForeignKey("lab_tests.id"))
    patient_id: Mapped[UUID]
    version: Mapped[int]
    status: Mapped[str]
    current: Mapped[bool]
    source: Mapped[str]
    source_id: Mapped[UUID | None]
    instrument: Mapped[str | None]
    observed_at: Mapped[Instant]
    entered_by: Mapped[UUID]
    entered_at: Mapped[Instant]
    accepted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None] = mapped_column(Later)
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None] = mapped_column(Later)
    verified_how: Mapped[str | None]
    released_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None] = mapped_column(Later)
    reason: Mapped[str | None]
    comment: Mapped[str | None]


class ParameterResult(Base):
    """One value of a result, in the unit of the catalogue (FHIR Observation).

    Attributes:
        value: number; None for coded and text.
        comparator: `<` or `>` when outside what can be reported.
        choice: code of a coded value.
        sent_value, sent_unit: as it came, before conversion.
        flag: FHIR v3 ObservationInterpretation.
        normal_low, normal_high: of the limits that were applied.
        observed_at: of the specimen's collection, the time that values are compared by.
        current: as of its result; here for reads of a patient's previous values.
        released: the same.
    """

    __tablename__ = "parameter_results"
    __table_args__ = (
        CheckConstraint(f"flag IN ({FLAGS})", name="flag"),
        CheckConstraint("comparator IN ('<', '>')", name="comparator"),
        Index(None, "result_id", "parameter_id", unique=True),
        Index(
            "ix_parameter_results_history",
            "patient_id",
            "parameter_id",
            "observed_at",
            postgresql_where=text("current"),
        ),
    )

    id: Mapped[UuidKey]
    result_id: Mapped[UUID] = mapped_column(ForeignKey("test_results.id"))
    test_id: Mapped[UUID] = mapped_column(ForeignKey("lab_tests.id"))
    patient_id: Mapped[UUID]
    parameter_id: Mapped[UUID] = mapped_column(ForeignKey("test_parameters.id"))
    value: Mapped[Decimal | None]
    comparator: Mapped[str | None]
    choice: Mapped[str | None]
    text: Mapped[str | None]
    unit: Mapped[str | None]
    sent_value: Mapped[str | None]
    sent_unit: Mapped[str | None]
    flag: Mapped[str | None]
    normal_low: Mapped[Decimal | None]
    normal_high: Mapped[Decimal | None]
    critical: Mapped[bool]
    observed_at: Mapped[Instant]
    current: Mapped[bool]
    released: Mapped[bool]


class HeldResult(Base):
    """What arrived and could not be placed: kept until somebody places or discards it.

    Attributes:
        reason: coded: unknown_accession, unknown_code, wrong_unit, not_a_number, ...
        payload: the values as they were read.
        critical: it would be, by the narrowest limits that may apply.
    """

    __tablename__ = "held_results"
    __table_args__ = (
        CheckConstraint("status IN ('held', 'placed', 'discarded')", name="status"),
        Index(None, "status", "critical", "id"),
        Index(None, "source_id"),
    )

    id: Mapped[UuidKey]
    source: Mapped[str]
    source_id: Mapped[UUID | None]
    accession: Mapped[str | None]
    code: Mapped[str | None]
    reason: Mapped[str]
    detail: Mapped[str | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    critical: Mapped[bool]
    status: Mapped[str]
    held_at: Mapped[Instant]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None] = mapped_column(Later)
    settled_note: Mapped[str | None]


RESULTS: Final = cast("Table", TestResult.__table__)
VALUES: Final = cast("Table", ParameterResult.__table__)
HELD: Final = cast("Table", HeldResult.__table__)
