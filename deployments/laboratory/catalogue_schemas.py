"""What crosses the border about tests, panels, what they measure, and its limits."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from deployments.pagination import PageRequest
from deployments.schemas import Schema, ShortText, Version

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$")]
ChoiceCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+.-]{1,32}$")]
Loinc = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,7}-[0-9]$")]
Ucum = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,40}$")]
Measure = Annotated[Decimal, Field(max_digits=18, decimal_places=6)]
Days = Annotated[int, Field(ge=0, le=60_000)]
Minutes = Annotated[int, Field(ge=1, le=43_200)]
Specimen = Literal[
    "whole-blood", "serum", "plasma", "urine", "csf", "stool", "swab", "sputum", "fluid"
]


class ValueSpan(Schema):
    """From the low to the high end, both within; null is open."""

    low: Measure | None = None
    high: Measure | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class ReferenceLimit(Schema):
    """Limits for one sex and one span of ages.

    Attributes:
        sex: null in a request means both.
        from_days, to_days: days of life, half-open; `to_days` null for the last span.
        source: where the limits come from.
    """

    sex: Literal["male", "female"] | None = None
    from_days: Days = 0
    to_days: Days | None = None
    normal: ValueSpan = ValueSpan()
    critical: ValueSpan = ValueSpan()
    source: ShortText

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.to_days is not None and self.to_days <= self.from_days:
            raise ValueError("to_days must be above from_days")
        return self


class DeltaLimit(Schema):
    """How much a value may differ from the one before, of at most so many hours ago."""

    absolute: Annotated[Measure, Field(gt=0)] | None = None
    percent: Annotated[Measure, Field(gt=0)] | None = None
    within_hours: Annotated[int, Field(ge=1, le=17_520)]


class Choice(Schema):
    """A value of a coded parameter, in both languages."""

    code: ChoiceCode
    en: ShortText
    vi: ShortText
    abnormal: bool = False
    critical: bool = False


class TestParameterRequest(Schema):
    """Something that a test measures.

    Attributes:
        code: unique in the hospital; what analyzers send.
        unit: UCUM; of numbers only, and never changed once results are kept in it.
        formula: of a calculated one.
    """

    __test__ = False

    code: Code
    loinc: Loinc | None = None
    name_en: ShortText
    name_vi: ShortText
    kind: Literal["numeric", "coded", "text", "calculated"]
    unit: Ucum | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    choices: list[Choice] = Field(default_factory=list, max_length=50)
    plausible: ValueSpan = ValueSpan()
    reporting: ValueSpan = ValueSpan()
    delta: DeltaLimit | None = None
    formula: ShortText | None = None
    limits: list[ReferenceLimit] = Field(default_factory=list, max_length=100)


class TestParameter(TestParameterRequest):
    """A parameter of the catalogue."""

    id: UUID


class Turnaround(Schema):
    """Minutes from order to release, by priority."""

    routine: Minutes = 360
    urgent: Minutes = 120
    asap: Minutes = 90
    stat: Minutes = 60


class TestTypeDetails(Schema):
    """What may be changed of a test or a panel.

    Attributes:
        minimum_ul: least volume, microlitres.
        release_delay_hours: how long after release the patient sees the result, so that a
            doctor can speak first.
        parameters: of a test; those that it has stay.
        members: of a panel: codes of tests.
    """

    __test__ = False

    loinc: Loinc | None = None
    name_en: ShortText
    name_vi: ShortText
    department: ShortText
    specimen: Specimen = "serum"
    container: ShortText = "serum-gold"
    minimum_ul: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    stability_minutes: Annotated[int, Field(ge=1, le=525_600)] = 1440
    turnaround_minutes: Turnaround = Turnaround()
    release_delay_hours: Annotated[int, Field(ge=0, le=720)] = 0
    parameters: list[TestParameterRequest] = Field(default_factory=list, max_length=60)
    members: list[Code] = Field(default_factory=list, max_length=60)


class TestTypeRequest(TestTypeDetails):
    """A test or panel for the catalogue; its code is never used again for another."""

    code: Code
    kind: Literal["test", "panel"] = "test"


class TestType(TestTypeRequest):
    """A test or panel of the catalogue.

    Attributes:
        active: whether it can be ordered.
        version: grows with each change; the ETag.
    """

    id: UUID
    parameters: list[TestParameter]  # type: ignore[assignment]  # each has an id besides
    active: bool
    version: Version


class TestTypeQuery(PageRequest):
    """Which tests and panels are listed: those whose code fits best first, then by name.

    Attributes:
        q: what was typed so far: beginnings or parts of words of a code, a name in either
            language (accents or not), or of what is measured.
    """

    __test__ = False

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    kind: Literal["test", "panel"] | None = None
    department: ShortText | None = None
    specimen: Specimen | None = None
    include_retired: bool = False
