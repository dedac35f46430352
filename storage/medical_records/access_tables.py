"""Tables of who may read a chart: records, treatment relations, broken glass, consents."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.medical_records.base import Base


class MedicalRecord(Base):
    """The chart of one patient; opened by the first thing written in it."""

    __tablename__ = "medical_records"
    __table_args__ = (UniqueConstraint("patient_id"),)

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    opened_at: Mapped[Instant]
    opened_by: Mapped[UUID]


class TreatmentRelation(Base):
    """Somebody treats a patient, for as long as the encounter, visit or order says.

    Attributes:
        version: of what another service told; news that is late changes nothing.
    """

    __tablename__ = "treatment_relations"
    __table_args__ = (
        CheckConstraint("kind IN ('encounter', 'appointment', 'order')", name="kind"),
        Index(None, "kind", "source_id"),
    )

    patient_id: Mapped[UuidKey]
    practitioner_id: Mapped[UuidKey]
    kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[UuidKey]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant | None]
    version: Mapped[int]


class BreakGlassAccess(Base):
    """An emergency access to one chart, to be reviewed."""

    __tablename__ = "break_glass_accesses"
    __table_args__ = (
        CheckConstraint("verdict IN ('justified', 'not-justified')", name="verdict"),
        CheckConstraint("expires_at <= started_at + interval '60 minutes'", name="at_most_an_hour"),
        CheckConstraint("(reviewed_at IS NULL) = (verdict IS NULL)", name="reviewed_with_verdict"),
        Index(None, "patient_id", "practitioner_id", "expires_at"),
        Index(None, "started_at", "id"),
        Index(
            "ix_break_glass_accesses_open",
            "started_at",
            "id",
            postgresql_where=text("reviewed_at IS NULL"),
        ),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    practitioner_role: Mapped[str]
    reason_code: Mapped[str]
    reason: Mapped[str]
    started_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    reviewed_at: Mapped[Instant | None]
    reviewed_by: Mapped[UUID | None]
    verdict: Mapped[str | None]
    note: Mapped[str | None]
    version: Mapped[int]


class Consent(Base):
    """What a patient lets others read, or does not."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'inactive', 'entered-in-error')", name="status"),
        CheckConstraint("provision IN ('deny', 'permit')", name="provision"),
        CheckConstraint("practitioner_id IS NULL OR role IS NULL", name="one_actor"),
        CheckConstraint("ends_at > starts_at", name="period"),
        Index(None, "patient_id", "recorded_at", "id"),
        Index("ix_consents_active", "patient_id", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    status: Mapped[str]
    provision: Mapped[str]
    practitioner_id: Mapped[UUID | None]
    role: Mapped[str | None]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant | None]
    recorded_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]
    version: Mapped[int]
