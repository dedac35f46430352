"""What is intended for patients (FHIR CarePlan), as callers see it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from deployments.medical_records.entry_schemas import Entry
from deployments.schemas import Day, LongText, Schema, ShortText

CarePlanStatus = Literal["draft", "active", "on-hold", "revoked", "completed", "unknown"]
CarePlanMove = Literal["activate", "hold", "revoke", "complete"]


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
