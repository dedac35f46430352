"""What crosses the border about critical values."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from deployments.pagination import PageRequest
from deployments.schemas import Instant, LongText, Schema, ShortText


class AlertHop(Schema):
    """One thing that happened to an alert."""

    kind: Literal["told", "called", "misread", "acknowledged", "withdrawn"]
    step: int
    person_id: UUID | None
    role: str | None
    note: str | None
    actor_id: UUID
    at: Instant


class CriticalAlert(Schema):
    """One critical value, and who knew of it when.

    Attributes:
        step: how far up the ladder it is; 0 is the requester.
        next_step_at: when the next ones are told if nobody answers.
    """

    id: UUID
    result_id: UUID
    test_id: UUID
    order_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    parameter: str
    name_en: str
    name_vi: str
    value: Decimal | None
    choice: str | None
    unit: str | None
    flag: str
    status: Literal["open", "acknowledged", "withdrawn"]
    step: int
    opened_at: Instant
    next_step_at: Instant | None
    acknowledged_by: UUID | None
    acknowledged_at: Instant | None
    read_back: str | None
    action: str | None
    hops: list[AlertHop]


class AlertQuery(PageRequest):
    """Which alerts are wanted: of a patient; else yours; the laboratory sees all."""

    status: Literal["open", "acknowledged", "withdrawn"] | None = None
    patient_id: UUID | None = None


class Acknowledgement(Schema):
    """Somebody knows of the value, and acts.

    Attributes:
        read_back: the value as it was understood; it must be the value.
        unit: must be the unit, when it is given.
        told_to: who was told by telephone; the laboratory must say it, nobody else may.
    """

    read_back: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    action: LongText | None = None
    told_to: UUID | None = None


class Call(Schema):
    """A telephone call about an alert."""

    person_id: UUID | None = None
    note: ShortText
