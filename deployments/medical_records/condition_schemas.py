"""Problems and diagnoses (FHIR Condition) as callers see them."""

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

Category = Literal["problem-list-item", "encounter-diagnosis"]
ClinicalStatus = Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved"]
Verification = Literal["unconfirmed", "provisional", "differential", "confirmed", "refuted"]
Severity = Literal["mild", "moderate", "severe"]
Rank = Annotated[int, Field(ge=1, le=99)]


class ConditionContent(Schema):
    """What is said of a problem.

    Attributes:
        rank: of a diagnosis among those of its encounter; 1 is the main one.
        clinical_status: null only for a diagnosis of an encounter.
    """

    category: Category = "problem-list-item"
    clinical_status: ClinicalStatus | None = "active"
    verification_status: Verification = "confirmed"
    severity: Severity | None = None
    onset_on: Day | None = None
    onset_text: ShortText | None = None
    abated_on: Day | None = None
    abatement_text: ShortText | None = None
    rank: Rank | None = None
    note: LongText | None = None


class ConditionRequest(ConditionContent):
    """A problem or diagnosis to write down; its code is ICD-10-CM."""

    code: CodeRequest
    encounter_id: UUID | None = None


class Condition(Entry):
    """A problem or diagnosis."""

    code: Code
    category: Category
    clinical_status: ClinicalStatus | None
    verification_status: Verification | Literal["entered-in-error"]
    severity: Severity | None
    onset_on: Day | None
    onset_text: str | None
    abated_on: Day | None
    abatement_text: str | None
    rank: int | None
    note: str | None


class Abatement(Schema):
    """That a problem has ended or rests.

    Attributes:
        abated_on: when, if known.
    """

    clinical_status: Literal["inactive", "remission", "resolved"] = "resolved"
    abated_on: Day | None = None


class Return(Schema):
    """That a problem is there again."""

    clinical_status: Literal["active", "recurrence", "relapse"] = "recurrence"


class ConditionQuery(EntryQuery):
    """Which problems are listed, latest first."""

    clinical_status: list[ClinicalStatus] = Field(default_factory=list, max_length=6)


class ImportedCondition(ImportedEntry, ConditionContent):
    """A problem or diagnosis that another system knows."""

    code: Code
