"""Vital signs and other observations (FHIR Observation) as callers see them."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from deployments.medical_records.entry_schemas import (
    Code,
    CodeToken,
    Coding,
    Entry,
    EntryQuery,
    ImportedEntry,
    LabelText,
)
from deployments.medical_records.growth import Measure
from deployments.schemas import Day, Instant, LongText, Schema

Unit = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[!-~]+$")]
Amount = Annotated[Decimal, Field(max_digits=12, decimal_places=6)]
Category = Literal["vital-signs", "laboratory", "exam"]
Status = Literal[
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
]


class Quantity(Schema):
    """A number with its unit, UCUM."""

    value: Amount
    unit: Unit


class Answer(Schema):
    """A result in words, coded where there is a code."""

    text: LabelText
    coding: Coding | None = None


class Component(Schema):
    """One number of a panel, by its LOINC code."""

    code: CodeToken
    quantity: Quantity


class Measurement(Schema):
    """One vital sign as it was measured: one of quantity, components and answer.

    Attributes:
        code: LOINC.
        quantity: in any unit that is accepted for the code.
        components: of a panel: systolic and diastolic blood pressure.
        answer: of a sign that is no number: level of consciousness.
        confirmed: it was measured again and stands, although it is unlikely for the age.
    """

    code: CodeToken
    quantity: Quantity | None = None
    components: list[Component] = Field(default_factory=list, max_length=10)
    answer: Answer | None = None
    note: LongText | None = None
    confirmed: bool = False


class Occasion(Schema):
    """When and in which encounter something was measured.

    Attributes:
        effective_at: now, when left out.
    """

    encounter_id: UUID | None = None
    effective_at: Instant | None = None
    status: Literal["preliminary", "final"] = "final"


class MeasurementRequest(Measurement, Occasion):
    """One measurement to write down."""


class Amendment(Measurement):
    """A measurement as it should have been written down; the code stays.

    Attributes:
        effective_at: as it was, when left out.
    """

    effective_at: Instant | None = None


class RoundRequest(Occasion):
    """Measurements that were taken together; the body mass index follows from height and weight."""

    measurements: Annotated[list[Measurement], Field(min_length=1, max_length=20)]


class ObservedComponent(Schema):
    """One number of a panel, in the unit that we keep and as it was given.

    Attributes:
        quantity: null when it was imported in a unit that we do not understand.
    """

    code: str
    display: str
    quantity: Quantity | None
    given: Quantity | None


class Observation(Entry):
    """Something that was measured or found.

    Attributes:
        quantity: in the unit that we keep for the code;
            null, beside `given`, when it was imported in one that we do not understand.
        given: as it was typed, when that was in another unit.
        round_id: of the measurements that were taken together.
        derived: computed here, from others of its round.
        display_vi: what was measured, in Vietnamese, where we have the words.
    """

    status: Status
    category: Category
    code: Code
    display_vi: str | None
    effective_at: Instant
    quantity: Quantity | None
    given: Quantity | None
    components: list[ObservedComponent]
    answer: Answer | None
    round_id: UUID | None
    derived: bool
    note: str | None


class Observations(Schema):
    """Some observations of one patient."""

    items: list[Observation]


class Round(Schema):
    """Measurements that were taken together."""

    id: UUID
    patient_id: UUID
    observations: list[Observation]


class VitalQuery(EntryQuery):
    """Which observations are listed, the latest first."""

    model_config = ConfigDict(populate_by_name=True)

    code: list[CodeToken] = Field(
        default_factory=list, max_length=20, description="LOINC; all if omitted"
    )
    category: Category | None = None
    since: Instant | None = Field(None, alias="from", description="measured at or after")
    before: Instant | None = Field(None, alias="to", description="measured before")


class LatestQuery(Schema):
    """Of which codes the last observation is wanted."""

    code: list[CodeToken] = Field(
        default_factory=list, max_length=50, description="LOINC; all vital signs if omitted"
    )


class SignShown(Schema):
    """A vital sign that can be written down, and what is accepted for it."""

    code: str
    display_en: str
    display_vi: str
    unit: str | None
    units: list[str]
    low: Decimal | None
    high: Decimal | None
    components: list[str]


class Signs(Schema):
    """Every vital sign that can be written down."""

    items: list[SignShown]


class ImportedObservation(ImportedEntry):
    """An observation that another system knows; taken as it is, whatever its code."""

    code: Code
    category: Category = "vital-signs"
    status: Status = "final"
    effective_at: Instant
    quantity: Quantity | None = None
    components: list[Component] = Field(default_factory=list, max_length=20)
    answer: Answer | None = None
    note: LongText | None = None


class GrowthPoint(Schema):
    """One measurement at an age.

    Attributes:
        age_days: completed days of life.
        age_months: the same in months of 30.4375 days.
        value: kg, cm or kg/m2; of a length after two years 0.7 cm less, as a height.
        z_score: standard deviations from the median; null without a reference.
        percentile: how many of 100 children are below; null without a reference.
    """

    id: UUID
    at: Instant
    age_days: int
    age_months: float
    value: float
    z_score: float | None
    percentile: float | None


class GrowthCurve(Schema):
    """The reference's measurement of one percentile; `values[i]` is at `ages_months[i]`."""

    percentile: int
    values: list[float]


class Growth(Schema):
    """A patient's growth in one measure, ready to plot.

    Attributes:
        unit: UCUM.
        reference: whose curves; null when there are none for the patient.
        truncated: older points were left out.
    """

    patient_id: UUID
    measure: Measure
    unit: str
    birth_date: Day
    reference: str | None
    points: list[GrowthPoint]
    truncated: bool
    ages_months: list[int]
    curves: list[GrowthCurve]
