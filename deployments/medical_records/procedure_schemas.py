"""What is done for patients (FHIR Procedure), as callers see it."""

from typing import Literal
from uuid import UUID

from deployments.medical_records.entry_schemas import Code, CodeRequest, Entry, ImportedEntry
from deployments.schemas import Instant, LongText, Schema, ShortText

ProcedureStatus = Literal[
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "unknown"
]
ProcedureMove = Literal["start", "hold", "complete", "stop", "cancel"]


class Moving(Schema):
    """Why a procedure, or what a patient takes, takes another turn."""

    reason: ShortText | None = None


class ProcedureContent(Schema):
    """What is said of a procedure.

    Attributes:
        performed_until: null for a moment, or while it lasts.
    """

    status: ProcedureStatus = "completed"
    status_reason: ShortText | None = None
    performed_from: Instant | None = None
    performed_until: Instant | None = None
    performer_id: UUID | None = None
    body_site: ShortText | None = None
    reason: ShortText | None = None
    outcome: ShortText | None = None
    note: LongText | None = None


class ProcedureRequest(ProcedureContent):
    """A procedure to write down."""

    code: CodeRequest
    encounter_id: UUID | None = None


class Procedure(Entry):
    """Something that is done, was done, or was not done for a patient."""

    code: Code
    status: ProcedureStatus | Literal["entered-in-error"]
    status_reason: str | None
    performed_from: Instant | None
    performed_until: Instant | None
    performer_id: UUID | None
    body_site: str | None
    reason: str | None
    outcome: str | None
    note: str | None


class ImportedProcedure(ImportedEntry, ProcedureContent):
    """A procedure that another system knows."""

    code: Code
