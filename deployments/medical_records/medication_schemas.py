"""What a patient takes (FHIR MedicationStatement), as callers see it."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deployments.medical_records.entry_schemas import (
    Code,
    CodeRequest,
    Entry,
    EntryQuery,
    ImportedEntry,
)
from deployments.schemas import Day, LongText, Schema, ShortText

MedicationStatus = Literal[
    "active", "completed", "intended", "stopped", "on-hold", "unknown", "not-taken"
]
MedicationMove = Literal["start", "hold", "resume", "complete", "decline"]
InformationSource = Literal["patient", "related", "practitioner", "pharmacy"]
Amount = Annotated[Decimal, Field(gt=0, le=1_000_000, max_digits=12, decimal_places=4)]


class Dosage(Schema):
    """How much is taken, and how often.

    Attributes:
        dose: in `unit` (UCUM).
        frequency: so many times in `period` units of time.
        as_needed: taken only when needed.
    """

    dose: Amount | None = None
    unit: ShortText | None = None
    route: ShortText | None = None
    frequency: Annotated[int, Field(ge=1, le=100)] | None = None
    period: Annotated[int, Field(ge=1, le=1000)] | None = None
    period_unit: Literal["h", "d", "wk", "mo"] | None = None
    as_needed: bool = False


class MedicationContent(Schema):
    """What is said of something that a patient takes.

    Attributes:
        ended_on: the last day; null while it goes on.
        information_source: who says so.
    """

    status: MedicationStatus = "active"
    status_reason: ShortText | None = None
    dosage_text: ShortText | None = None
    dosage: Dosage | None = None
    started_on: Day | None = None
    ended_on: Day | None = None
    information_source: InformationSource = "patient"
    note: LongText | None = None


class MedicationRequest(MedicationContent):
    """Something that a patient takes: by RxNorm, or in words."""

    code: CodeRequest
    encounter_id: UUID | None = None


class MedicationStatement(Entry):
    """Something that a patient takes or took.

    Attributes:
        prescription_item_id: of this hospital's pharmacy; such an entry follows it.
    """

    code: Code
    status: MedicationStatus | Literal["entered-in-error"]
    status_reason: str | None
    dosage_text: str | None
    dosage: Dosage | None
    started_on: Day | None
    ended_on: Day | None
    information_source: InformationSource
    prescription_id: UUID | None
    prescription_item_id: UUID | None
    note: str | None


class CurrentMedications(Schema):
    """What a patient takes now, from anywhere, latest first."""

    items: list[MedicationStatement]


class Stopping(Schema):
    """That the patient stops taking it.

    Attributes:
        ended_on: the last day, if known.
    """

    reason: ShortText | None = None
    ended_on: Day | None = None


class MedicationQuery(EntryQuery):
    """Which medication is listed, latest first."""

    status: list[MedicationStatus] = Field(default_factory=list, max_length=7)


class ImportedMedication(ImportedEntry, MedicationContent):
    """Something that a patient takes, as another system knows it."""

    code: Code
