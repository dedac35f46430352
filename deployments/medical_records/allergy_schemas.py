"""Allergies and intolerances (FHIR AllergyIntolerance) as callers see them."""

from typing import Literal
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

AllergyStatus = Literal["active", "inactive", "resolved"]
AllergyVerification = Literal["unconfirmed", "confirmed", "refuted"]
AllergyType = Literal["allergy", "intolerance"]
AllergyCategory = Literal["food", "medication", "environment", "biologic"]
Criticality = Literal["low", "high", "unable-to-assess"]


class Reaction(Schema):
    """What happened when the patient met the substance.

    Attributes:
        manifestation: hives, trouble breathing, ...
        onset_on: when it happened, if known.
    """

    manifestation: ShortText
    severity: Literal["mild", "moderate", "severe"] | None = None
    onset_on: Day | None = None


class AllergyContent(Schema):
    """What is said of an allergy.

    Attributes:
        criticality: how much harm the next exposure can do.
    """

    clinical_status: AllergyStatus = "active"
    verification_status: AllergyVerification = "confirmed"
    type: AllergyType | None = None
    categories: list[AllergyCategory] = Field(default_factory=list, max_length=4)
    criticality: Criticality | None = None
    onset_on: Day | None = None
    reactions: list[Reaction] = Field(default_factory=list, max_length=20)
    note: LongText | None = None


class AllergyRequest(AllergyContent):
    """An allergy to write down: the substance by RxNorm, a code of ours, or in words."""

    code: CodeRequest
    encounter_id: UUID | None = None


class NoKnownAllergies(Schema):
    """That the patient was asked, and none is known."""

    encounter_id: UUID | None = None
    note: LongText | None = None


class Allergy(Entry):
    """An allergy or intolerance, or the fact that none is known.

    Attributes:
        no_known: says that none is known; it ends when one is recorded.
    """

    code: Code
    no_known: bool
    clinical_status: AllergyStatus | None
    verification_status: AllergyVerification | Literal["entered-in-error"]
    type: AllergyType | None
    categories: list[AllergyCategory]
    criticality: Criticality | None
    onset_on: Day | None
    reactions: list[Reaction]
    note: str | None


class AllergyQuery(EntryQuery):
    """Which allergies are listed, latest first."""

    clinical_status: list[AllergyStatus] = Field(default_factory=list, max_length=3)


class ImportedAllergy(ImportedEntry, AllergyContent):
    """An allergy, or that none is known, as another system knows it."""

    code: Code
