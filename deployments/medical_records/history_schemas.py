"""What was before, or is in the family, as callers see it.

Family history is FHIR's FamilyMemberHistory; FHIR R4 has no resource for the rest (Basic).
"""

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

HistoryKind = Literal["family", "social", "surgical", "obstetric"]
HistoryStatus = Literal["partial", "completed", "health-unknown"]
Relationship = Literal[
    "FTH", "MTH", "BRO", "SIS", "SON", "DAU", "MGRFTH", "MGRMTH", "PGRFTH", "PGRMTH", "UNCLE",
    "AUNT", "COUSN", "FAMMEMB",
]  # fmt: skip
"""Codes of http://terminology.hl7.org/CodeSystem/v3-RoleCode, edition of FHIR 4.0.1."""
Age = Annotated[int, Field(ge=0, le=130)]


class HistoryContent(Schema):
    """What is said.

    Attributes:
        relationship: of the relative to the patient; for family history only.
        value: what the code alone does not say: "10 cigarettes a day", "G2P1".
        onset_age_years: how old the relative was then.
        deceased: whether the relative has died.
    """

    kind: HistoryKind
    status: HistoryStatus = "completed"
    relationship: Relationship | None = None
    value: ShortText | None = None
    onset_age_years: Age | None = None
    deceased: bool | None = None
    occurred_on: Day | None = None
    note: LongText | None = None


class HistoryRequest(HistoryContent):
    """History to write down."""

    code: CodeRequest
    encounter_id: UUID | None = None


class MedicalHistory(Entry):
    """What was before, or is in the family."""

    code: Code
    kind: HistoryKind
    status: HistoryStatus | Literal["entered-in-error"]
    relationship: Relationship | None
    value: str | None
    onset_age_years: int | None
    deceased: bool | None
    occurred_on: Day | None
    note: str | None


class HistoryQuery(EntryQuery):
    """Which history is listed, latest first."""

    kind: list[HistoryKind] = Field(default_factory=list, max_length=4)


class ImportedHistory(ImportedEntry, HistoryContent):
    """History that another system knows."""

    code: Code
