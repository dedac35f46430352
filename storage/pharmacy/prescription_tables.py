"""Prescriptions with their items, the findings of each safety check, and every move."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.pharmacy.base import Base

STATUSES: Final = (
    "'draft', 'active', 'on-hold', 'completed', 'stopped', 'cancelled', 'entered-in-error'"
)
FULFILMENTS: Final = "'received', 'verified', 'queried', 'rejected', 'in-progress', 'completed'"
Later = TIMESTAMP(timezone=True)


class Prescription(Base):
    """What one prescriber orders for one patient at one time (FHIR MedicationRequest group).

    Attributes:
        status: the prescriber's (FHIR medicationrequest-status).
        status_reason: why it ended or rests.
        fulfilment: the pharmacy's own status; None while it is a draft.
        valid_until: last moment at which it can be handed out.
        taken_until: when the last item is used up, as far as it is known.
        replaces_id: the prescription that it revises, which points back by `replaced_by_id`.
        renews_id: the prescription that it continues.
    """

    __tablename__ = "prescriptions"
    __table_args__ = (
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint(f"fulfilment IN ({FULFILMENTS})", name="fulfilment"),
        CheckConstraint(
            "signed_at IS NOT NULL OR status IN ('draft', 'cancelled', 'entered-in-error')",
            name="signed",
        ),
        Index(None, "patient_id", "id"),
        Index(None, "practitioner_id", "id"),
        Index(
            "ix_prescriptions_worklist",
            "fulfilment",
            "id",
            postgresql_where=text("status = 'active'"),
        ),
        Index(
            "ix_prescriptions_valid_until",
            "valid_until",
            postgresql_where=text("status IN ('active', 'on-hold')"),
        ),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    encounter_id: Mapped[UUID | None]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    fulfilment: Mapped[str | None]
    controlled: Mapped[bool]
    note: Mapped[str | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("prescriptions.id"))
    replaced_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("prescriptions.id"))
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("prescriptions.id"))
    created_at: Mapped[Instant]
    signed_at: Mapped[datetime | None] = mapped_column(Later)
    valid_until: Mapped[datetime | None] = mapped_column(Later)
    taken_until: Mapped[datetime | None] = mapped_column(Later)
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None] = mapped_column(Later)
    ended_at: Mapped[datetime | None] = mapped_column(Later)
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class PrescriptionItem(Base):
    """One medication of a prescription; never changed, and replaced as long as it is a draft.

    Attributes:
        dosage: as prescribed, structured; `dosage_en` and `dosage_vi` say the same.
        quantity: units of the medication in one fill.
        repeats: fills after the first.
        duration_days: how long one fill lasts; None when it is taken only as needed.
        parallel_reason: why the same ingredient is wanted twice.
    """

    __tablename__ = "prescription_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("repeats >= 0", name="repeats"),
        CheckConstraint("duration_days > 0", name="duration_days"),
        Index(None, "prescription_id", "position", unique=True),
    )

    id: Mapped[UuidKey]
    prescription_id: Mapped[UUID] = mapped_column(ForeignKey("prescriptions.id"))
    position: Mapped[int]
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"), index=True)
    dosage: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dosage_en: Mapped[str]
    dosage_vi: Mapped[str]
    quantity: Mapped[Decimal]
    repeats: Mapped[int]
    duration_days: Mapped[int | None]
    course: Mapped[str]
    substitution_allowed: Mapped[bool]
    substitution_reason: Mapped[str | None]
    parallel_reason: Mapped[str | None]


class PrescriptionFinding(Base):
    """What a safety check said, and who overrode it why (FHIR DetectedIssue).

    Attributes:
        stage: `signing`, `resuming` or `dispensing`.
        items: keys of the drugs concerned: "/items/0", "prescription-item/<id>", ...
        texts: mechanism and advice in the languages of the source.
        override_reason: the coded reason; None for what is only told.
    """

    __tablename__ = "prescription_findings"
    __table_args__ = (
        CheckConstraint("stage IN ('signing', 'resuming', 'dispensing')", name="stage"),
        Index(None, "prescription_id"),
        Index(None, "code", "at"),
    )

    id: Mapped[UuidKey]
    prescription_id: Mapped[UUID] = mapped_column(ForeignKey("prescriptions.id"))
    stage: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    substances: Mapped[list[str]] = mapped_column(ARRAY(Text))
    code: Mapped[str]
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    source: Mapped[str]
    data_version: Mapped[str]
    override_reason: Mapped[str | None]
    override_note: Mapped[str | None]
    by: Mapped[UUID]
    at: Mapped[Instant]


class PrescriptionMove(Base):
    """One step of a prescription's history: the prescriber's and the pharmacist's."""

    __tablename__ = "prescription_moves"

    prescription_id: Mapped[UUID] = mapped_column(ForeignKey("prescriptions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    move: Mapped[str]
    status: Mapped[str]
    fulfilment: Mapped[str | None]
    reason_code: Mapped[str | None]
    text: Mapped[str | None]
    actor_id: Mapped[UUID]
    actor_role: Mapped[str]
    at: Mapped[Instant]


PRESCRIPTIONS: Final = cast("Table", Prescription.__table__)
ITEMS: Final = cast("Table", PrescriptionItem.__table__)
FINDINGS: Final = cast("Table", PrescriptionFinding.__table__)
MOVES: Final = cast("Table", PrescriptionMove.__table__)
