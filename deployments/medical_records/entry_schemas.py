"""What all entries of a chart share, as callers see it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from deployments.pagination import PageRequest
from deployments.schemas import Instant, Schema, ShortText, Version

System = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S+$")]
CodeToken = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\S+( \S+)*$")]
LabelText = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Identifier(Schema):
    """What the system that an entry comes from calls it."""

    system: ShortText
    value: ShortText


class Coding(Schema):
    """A code of a code system (its FHIR URI), with that system's words."""

    system: System
    code: CodeToken
    display: LabelText | None = None


class Code(Schema):
    """What something is, in words and, where there is one, by a code (CodeableConcept)."""

    text: LabelText
    coding: Coding | None


class CodeRequest(Schema):
    """What something is: a code, words, or both; the words default to those of the code."""

    coding: Coding | None = None
    text: LabelText | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.coding is None and self.text is None:
            raise ValueError("give a coding, a text, or both")
        return self


class Voided(Schema):
    """That an entry should never have been written: when, by whom, why."""

    at: Instant
    by: UUID
    reason: str


class Entry(Schema):
    """Something in a chart.

    Attributes:
        encounter_id: during which it was written, if one.
        recorder_id: who wrote it first; null when the system that it came from does not say.
        voided: set when its status is entered-in-error.
        identifier: of the system that it was imported from.
    """

    id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    version: Version
    recorded_at: Instant
    recorder_id: UUID | None
    updated_at: Instant
    voided: Voided | None
    identifier: Identifier | None


class Voiding(Schema):
    """Why an entry should never have been written."""

    reason: ShortText


class EntryQuery(PageRequest):
    """Which entries are listed, newest first."""

    include_voided: bool = Field(False, description="list entries made in error too")


class EntryVersion(Schema):
    """One change of an entry: who, when, and the verb."""

    version: Version
    at: Instant
    by: UUID
    by_role: str
    move: str


class EntryHistory(Schema):
    """Every version of an entry, oldest first; each can be read by its number."""

    entry_id: UUID
    versions: list[EntryVersion]


class ImportedEntry(Schema):
    """What another system says of an entry, beside its content.

    Attributes:
        recorded_at: when it was written there.
    """

    identifier: Identifier
    patient_id: UUID
    encounter_id: UUID | None = None
    recorded_at: Instant
    recorder_id: UUID | None = None


class ImportReceipt(Schema):
    """What became of an imported entry.

    Attributes:
        outcome: `unchanged` when the source said the same before, or the entry was voided or
            changed here; `conflict` when the identifier belongs to another patient's entry.
    """

    id: UUID
    outcome: Literal["created", "updated", "unchanged", "conflict"]


class ImportReceipts(Schema):
    """What became of each entry of a batch, in order."""

    receipts: list[ImportReceipt]
