"""Encounters, their open orders, and clinical notes.

Status and class codes are FHIR R4's (EncounterStatus; v3 ActCode), written out here once more
because a row that breaks them must not be possible.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.medical_records.base import Base
from storage.medical_records.entry_tables import ChartEntry, entry_constraints

STATUSES: Final = (
    "'planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', "
    "'entered-in-error', 'unknown'"
)
IN_HOUSE: Final = "class_code IN ('IMP', 'ACUTE', 'NONAC') AND status IN ('in-progress', 'onleave')"
ONE_ADMISSION: Final = "uq_encounters_admission"
DRAFT: Final = "status = 'preliminary'"


class Encounter(ChartEntry, Base):
    """A meeting of a patient with those who treat them, or a stay.

    Attributes:
        encounter_id: the encounter that this one is part of, such as a stay.
        opened_as: on what ground it was opened: relation, break-glass, walk-in, emergency, import.
        start: planned until it begins, then when it began.
        reasons: codes with their words.
        participants: who takes part, in which role, from when until when.
        admit_source: FHIR admit-source code; of stays.
        discharge_disposition: FHIR discharge-disposition code; of stays.
    """

    __tablename__ = "encounters"
    __table_args__ = entry_constraints(
        "encounters",
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint('"end" IS NULL OR "end" >= start', name="period"),
        CheckConstraint(
            "(status = 'entered-in-error') = (voided_at IS NOT NULL)", name="voided_status"
        ),
        Index(ONE_ADMISSION, "patient_id", unique=True, postgresql_where=text(IN_HOUSE)),
        order="start",
    )

    status: Mapped[str]
    class_code: Mapped[str]
    type_text: Mapped[str | None]
    priority: Mapped[str | None]
    opened_as: Mapped[str]
    start: Mapped[Instant]
    end: Mapped[Instant | None]
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    participants: Mapped[list[Any]] = mapped_column(JSONB)
    location_text: Mapped[str | None]
    appointment_id: Mapped[UUID | None]
    admit_source: Mapped[str | None]
    discharge_disposition: Mapped[str | None]


class EncounterOrder(Base):
    """An order of an encounter, as its own service tells of it.

    Attributes:
        kind: which service's order: prescription, laboratory.
        open: it waits for somebody of the encounter, so that the encounter cannot finish.
        version: of the order; what is told late of an older one is ignored.
    """

    __tablename__ = "encounter_orders"
    __table_args__ = (
        Index("ix_encounter_orders_open", "encounter_id", postgresql_where=text("open")),
    )

    order_id: Mapped[UuidKey]
    kind: Mapped[str]
    encounter_id: Mapped[UUID | None]
    open: Mapped[bool]
    version: Mapped[int]


class Note(ChartEntry, Base):
    """A clinical note (Composition); its text never changes once it is signed.

    Attributes:
        recorder_id: the author.
        type: progress, consult, admission, discharge.
        sections: title and text of each.
        language: in which it is written.
        parent_id: the signed note that this one adds to.
        digest: SHA-256 of the signed content.
    """

    __tablename__ = "notes"
    __table_args__ = entry_constraints(
        "notes",
        CheckConstraint(
            "status IN ('preliminary', 'final', 'amended', 'entered-in-error')", name="status"
        ),
        CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (digest IS NULL)",
            name="signed",
        ),
        CheckConstraint(
            "status NOT IN ('final', 'amended') OR signed_at IS NOT NULL", name="signed_status"
        ),
        CheckConstraint("parent_id IS NULL OR signed_at IS NOT NULL", name="addendum"),
        Index("ix_notes_drafts", "encounter_id", postgresql_where=text(DRAFT)),
        Index(None, "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    )

    status: Mapped[str]
    type: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    sections: Mapped[list[Any]] = mapped_column(JSONB)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("notes.id"))
    signed_at: Mapped[Instant | None]
    signed_by: Mapped[UUID | None]
    digest: Mapped[str | None]
