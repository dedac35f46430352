"""What crosses the border about automatic verification."""

from typing import Literal, Self
from uuid import UUID

from pydantic import model_validator

from deployments.laboratory.order_schemas import TestCode
from deployments.schemas import Instant, Schema

Mode = Literal["off", "shadow", "live"]


class ModeRequest(Schema):
    """How far the rules may go: `off`, `shadow` (judge only), `live` (release)."""

    mode: Mode


class VerificationMode(ModeRequest):
    """How far the rules may go for a test."""

    code: str


class VerificationModes(Schema):
    """How far the rules may go for every test in use."""

    items: list[VerificationMode]


class RuleVerdict(Schema):
    """What one rule said."""

    rule: str
    outcome: Literal["pass", "fail", "not-applicable"]
    detail: str | None


class Assessment(Schema):
    """One judgement about a version of a result.

    Attributes:
        passed: every rule did.
        released: the result was released by it.
    """

    id: UUID
    mode: Mode
    passed: bool
    released: bool
    at: Instant
    verdicts: list[RuleVerdict]


class Assessments(Schema):
    """Judgements about a version of a result, newest first."""

    items: list[Assessment]


class ReplayRequest(Schema):
    """Which results the rules are tried on."""

    test: TestCode
    since: Instant
    until: Instant

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class Disagreement(Schema):
    """A result about which rules and people disagree."""

    result_id: UUID
    rules: Literal["pass", "hold"]
    person: Literal["released", "repeated"]
    failed: list[str]


class Replay(Schema):
    """What the rules of today say of what people decided.

    Attributes:
        looked_at: results; at most the newest 500 of the span.
        agreed: rules and person said the same.
        too_strict: held by the rules, released by a person as it was.
        too_lax: passed by the rules, not believed by a person.
        agreement: share of agreed, 0 to 1; null when nothing was looked at.
    """

    looked_at: int
    agreed: int
    too_strict: int
    too_lax: int
    agreement: float | None
    disagreements: list[Disagreement]
