"""What is searched in a chart, and what was found."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.schemas import Instant, Schema

Kind = Literal[
    "Condition",
    "AllergyIntolerance",
    "MedicationStatement",
    "Procedure",
    "CarePlan",
    "FamilyMemberHistory",
    "Immunization",
    "Composition",
]


class ChartSearch(Schema):
    """Which words are looked for in a chart, in English or Vietnamese, accents or none."""

    q: Annotated[str, StringConstraints(min_length=2, max_length=100)] = Field(
        description="words, or how they begin; case, accents and a slip of the pen do not matter"
    )
    kind: list[Kind] = Field(
        default_factory=list, max_length=8, description="FHIR resource types; all if omitted"
    )
    limit: int = Field(20, ge=1, le=100)


class Match(Schema):
    """An entry that has the words.

    Attributes:
        text: what it says, as it was written down.
        text_vi: what its code means in Vietnamese, where we have the words.
        rank: how well it fits, 0 to 1.
    """

    kind: Kind
    id: UUID
    text: str
    text_vi: str | None
    at: Instant
    rank: Decimal


class Matches(Schema):
    """What was found, the best first."""

    items: list[Match]
