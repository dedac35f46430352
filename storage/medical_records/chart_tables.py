"""What is known of a patient: problems, allergies, medication, treatment, history.

Codes of status are FHIR R4's. Its constraints con-3 to con-5 (Condition) and ait-1, ait-2
(AllergyIntolerance) are CHECK constraints here; what is ours is said beside it.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.medical_records.base import Base
from storage.medical_records.entry_tables import ChartEntry, entry_constraints

CODED: Final = "(code IS NULL) = (code_system IS NULL)"
NO_KNOWN_OR_SOME: Final = "ex_allergies_no_known"
ONE_NO_KNOWN: Final = "uq_allergies_no_known"


class Coded:
    """What something is, in words and, where there is one, by a code; a mixin.

    Attributes:
        code_display: the code system's words.
        code_text: as it was written down.
    """

    code_system: Mapped[str | None]
    code: Mapped[str | None]
    code_display: Mapped[str | None]
    code_text: Mapped[str]


class Diagnosis(ChartEntry, Coded, Base):
    """A problem or diagnosis (Condition)."""

    __tablename__ = "conditions"
    __table_args__ = entry_constraints(
        "conditions",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint(
            "category IN ('problem-list-item', 'encounter-diagnosis')", name="category"
        ),
        CheckConstraint(
            "clinical_status IN "
            "('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')",
            name="clinical_status",
        ),
        CheckConstraint(
            "verification_status IN ('unconfirmed', 'provisional', 'differential', 'confirmed',"
            " 'refuted', 'entered-in-error')",
            name="verification_status",
        ),
        CheckConstraint(
            "verification_status = 'entered-in-error' OR category <> 'problem-list-item'"
            " OR clinical_status IS NOT NULL",
            name="con_3",
        ),
        CheckConstraint(
            "(abated_on IS NULL AND abatement_text IS NULL)"
            " OR coalesce(clinical_status, 'resolved') IN ('inactive', 'remission', 'resolved')",
            name="con_4",
        ),
        CheckConstraint(
            "verification_status <> 'entered-in-error' OR clinical_status IS NULL", name="con_5"
        ),
        CheckConstraint(
            "verification_status <> 'refuted'"
            " OR clinical_status NOT IN ('active', 'recurrence', 'relapse')",
            name="refuted",
        ),
        CheckConstraint("severity IN ('mild', 'moderate', 'severe')", name="severity"),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("abated_on >= onset_on", name="abated_on"),
    )

    category: Mapped[str]
    clinical_status: Mapped[str | None]
    verification_status: Mapped[str]
    severity: Mapped[str | None]
    onset_on: Mapped[date | None]
    onset_text: Mapped[str | None]
    abated_on: Mapped[date | None]
    abatement_text: Mapped[str | None]
    rank: Mapped[int | None]
    note: Mapped[str | None]


class Allergy(ChartEntry, Coded, Base):
    """An allergy or intolerance, or the fact that none is known (AllergyIntolerance).

    An active entry "no known allergies" and an active allergy of one patient exclude each other.
    """

    __tablename__ = "allergies"
    __table_args__ = entry_constraints(
        "allergies",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint(
            "clinical_status IN ('active', 'inactive', 'resolved')", name="clinical_status"
        ),
        CheckConstraint(
            "verification_status IN ('unconfirmed', 'confirmed', 'refuted', 'entered-in-error')",
            name="verification_status",
        ),
        CheckConstraint(
            "(verification_status = 'entered-in-error') = (clinical_status IS NULL)", name="ait"
        ),
        CheckConstraint(
            "verification_status <> 'refuted' OR clinical_status <> 'active'", name="refuted"
        ),
        CheckConstraint("type IN ('allergy', 'intolerance')", name="type"),
        CheckConstraint(
            "categories <@ ARRAY['food', 'medication', 'environment', 'biologic']",
            name="categories",
        ),
        CheckConstraint("criticality IN ('low', 'high', 'unable-to-assess')", name="criticality"),
        Index(
            ONE_NO_KNOWN,
            "patient_id",
            unique=True,
            postgresql_where=text("no_known AND clinical_status = 'active'"),
        ),
        ExcludeConstraint(
            ("patient_id", "="),
            (text("(no_known::integer)"), "<>"),
            where=text("clinical_status = 'active'"),
            name=NO_KNOWN_OR_SOME,
        ),
    )

    clinical_status: Mapped[str | None]
    verification_status: Mapped[str]
    no_known: Mapped[bool]
    type: Mapped[str | None]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    criticality: Mapped[str | None]
    onset_on: Mapped[date | None]
    reactions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    note: Mapped[str | None]


class Medication(ChartEntry, Coded, Base):
    """What a patient takes, from anywhere (MedicationStatement)."""

    __tablename__ = "medication_statements"
    __table_args__ = entry_constraints(
        "medication_statements",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint(
            "status IN ('active', 'completed', 'entered-in-error', 'intended', 'stopped',"
            " 'on-hold', 'unknown', 'not-taken')",
            name="status",
        ),
        CheckConstraint(
            "information_source IN ('patient', 'related', 'practitioner', 'pharmacy')",
            name="information_source",
        ),
        CheckConstraint("ended_on >= started_on", name="ended_on"),
        Index(
            "uq_medication_statements_prescription_item_id",
            "prescription_item_id",
            unique=True,
            postgresql_where=text("prescription_item_id IS NOT NULL"),
        ),
        Index(
            "ix_medication_statements_prescription_id",
            "prescription_id",
            postgresql_where=text("prescription_id IS NOT NULL"),
        ),
    )

    status: Mapped[str]
    status_reason: Mapped[str | None]
    dosage_text: Mapped[str | None]
    dosage: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    information_source: Mapped[str]
    prescription_id: Mapped[UUID | None]
    prescription_item_id: Mapped[UUID | None]
    note: Mapped[str | None]


class PrescriptionEnd(Base):
    """How a prescription ended, or that it goes on, kept for when its beginning is heard later.

    Attributes:
        taken_until: when what was handed out is used up.
    """

    __tablename__ = "prescription_ends"

    prescription_id: Mapped[UuidKey]
    version: Mapped[int]
    reason: Mapped[str]
    taken_until: Mapped[Instant | None]
    at: Mapped[Instant]


class Procedure(ChartEntry, Coded, Base):
    """Something that is done, was done or was not done for a patient."""

    __tablename__ = "procedures"
    __table_args__ = entry_constraints(
        "procedures",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint(
            "status IN ('preparation', 'in-progress', 'not-done', 'on-hold', 'stopped',"
            " 'completed', 'entered-in-error', 'unknown')",
            name="status",
        ),
        CheckConstraint("performed_until >= performed_from", name="performed_until"),
    )

    status: Mapped[str]
    status_reason: Mapped[str | None]
    performed_from: Mapped[Instant | None]
    performed_until: Mapped[Instant | None]
    performer_id: Mapped[UUID | None]
    body_site: Mapped[str | None]
    reason: Mapped[str | None]
    outcome: Mapped[str | None]
    note: Mapped[str | None]


class CarePlan(ChartEntry, Base):
    """What is intended for a patient, with goals and steps."""

    __tablename__ = "care_plans"
    __table_args__ = entry_constraints(
        "care_plans",
        CheckConstraint(
            "status IN ('draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error',"
            " 'unknown')",
            name="status",
        ),
        CheckConstraint("ends_on >= starts_on", name="ends_on"),
    )

    status: Mapped[str]
    title: Mapped[str]
    description: Mapped[str | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    goals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    activities: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    note: Mapped[str | None]


class MedicalHistory(ChartEntry, Coded, Base):
    """What was before, or is in the family (FamilyMemberHistory, else Basic)."""

    __tablename__ = "medical_histories"
    __table_args__ = entry_constraints(
        "medical_histories",
        CheckConstraint(CODED, name="coded"),
        CheckConstraint("kind IN ('family', 'social', 'surgical', 'obstetric')", name="kind"),
        CheckConstraint(
            "status IN ('partial', 'completed', 'entered-in-error', 'health-unknown')",
            name="status",
        ),
        CheckConstraint("(kind = 'family') = (relationship IS NOT NULL)", name="relationship"),
        CheckConstraint("onset_age_years BETWEEN 0 AND 130", name="onset_age_years"),
    )

    kind: Mapped[str]
    status: Mapped[str]
    relationship: Mapped[str | None]
    value: Mapped[str | None]
    onset_age_years: Mapped[int | None]
    deceased: Mapped[bool | None]
    occurred_on: Mapped[date | None]
    note: Mapped[str | None]
