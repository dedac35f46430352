"""Clinical notes as callers see them."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.medical_records.entry_schemas import Entry, EntryQuery
from deployments.schemas import Instant, Locale, Schema, ShortText

MOST_SECTIONS: Final = 30
SectionText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class NoteStatus(StrEnum):
    """FHIR R4 CompositionStatus."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"


class NoteType(StrEnum):
    """What a note is for; `LOINC_OF` has the code of the document type."""

    PROGRESS = "progress"
    CONSULT = "consult"
    ADMISSION = "admission"
    DISCHARGE = "discharge"


LOINC_OF: Final = {
    NoteType.PROGRESS: "11506-3",
    NoteType.CONSULT: "11488-4",
    NoteType.ADMISSION: "34117-2",
    NoteType.DISCHARGE: "18842-5",
}
"""LOINC: progress note, consultation note, history and physical note, discharge summary."""


class Section(Schema):
    """A part of a note."""

    title: ShortText
    text: SectionText


class Note(Entry):
    """A clinical note (FHIR Composition).

    Attributes:
        status: preliminary is a draft: not yet to be relied on.
        loinc: code of the document type.
        author_id: who wrote it, and alone may change or sign the draft.
        parent_id: the note that this one adds to.
        digest: SHA-256 of what was signed, in hex.
        intact: whether what was signed still has that digest; null for drafts.
    """

    status: NoteStatus
    type: NoteType
    loinc: str
    title: str
    language: Locale
    sections: list[Section]
    author_id: UUID
    parent_id: UUID | None
    signed_at: Instant | None
    signed_by: UUID | None
    digest: str | None
    intact: bool | None


class Draft(Schema):
    """What a note says, before it is signed."""

    title: ShortText
    language: Locale
    sections: list[Section] = Field(min_length=1, max_length=MOST_SECTIONS)


class NoteRequest(Draft):
    """A new note; a draft until it is signed."""

    type: NoteType
    encounter_id: UUID | None = None


class NoteQuery(EntryQuery):
    """Which notes are listed, newest first."""

    type: list[NoteType] = Field(default_factory=list, max_length=len(NoteType))
    encounter_id: UUID | None = None


class Addenda(Schema):
    """What was added to a note, oldest first."""

    items: list[Note]
