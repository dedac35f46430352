"""Treatment (FHIR Procedure and CarePlan) as callers see it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from deployments.medical_records.entry_schemas import Code, CodeRequest, Entry, ImportedEntry
from deployments.schemas import Day, Instant, LongText, Schema, ShortText

ProcedureStatus = Literal[
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "unknown"
]
ProcedureMove = Literal["start", "hold", "complete", "stop", "cancel"]
CarePlanStatus = Literal["draft", "active", "on-hold", "revoked", "completed", "unknown"]
CarePlanMove = Literal["activate", "hold", "revoke", "complete"]


class Moving(Schema):
    """Why a treatment takes another turn, and how it came out."""

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


class Goal(Schema):
    """What is to be reached.

    Attributes:
        target: how one sees that it is reached: "HbA1c below 7 %".
    """

    description: ShortText
    target: ShortText | None = None
    due_on: Day | None = None
    achieved: bool | None = None


class Activity(Schema):
    """A step of a plan."""

    description: ShortText
    status: Literal[
        "not-started", "scheduled", "in-progress", "on-hold", "completed", "cancelled", "stopped"
    ] = "not-started"
    scheduled: ShortText | None = None


class CarePlanRequest(Schema):
    """What is intended for a patient."""

    status: Literal["draft", "active"] = "active"
    title: ShortText
    description: LongText | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    goals: list[Goal] = Field(default_factory=list, max_length=20)
    activities: list[Activity] = Field(default_factory=list, max_length=40)
    note: LongText | None = None
    encounter_id: UUID | None = None


class CarePlan(Entry):
    """What is intended for a patient, with goals and steps."""

    status: CarePlanStatus | Literal["entered-in-error"]
    title: str
    description: str | None
    starts_on: Day | None
    ends_on: Day | None
    goals: list[Goal]
    activities: list[Activity]
    note: str | None
