"""What crosses the border about quality control."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.laboratory.catalogue_schemas import Code, Measure
from deployments.pagination import PageRequest
from deployments.schemas import Day, Instant, LongText, Schema, ShortText


class ControlLotRequest(Schema):
    """One lot of control material for one parameter on one analyzer.

    Attributes:
        instrument: as the analyzer names itself in its messages.
        level: 1 low, 2 normal, 3 high.
        target, sd: expected mean and standard deviation, in the unit of the parameter.
    """

    parameter: Code
    instrument: ShortText
    name: ShortText
    lot: ShortText
    level: Annotated[int, Field(ge=1, le=3)]
    target: Measure
    sd: Annotated[Measure, Field(gt=0)]
    expires_on: Day


class ControlLot(ControlLotRequest):
    """A lot as it is kept."""

    id: UUID
    unit: str | None
    active: bool


class ControlLots(Schema):
    """Lots in use, or those that were."""

    items: list[ControlLot]


class ControlRunRequest(Schema):
    """One measurement of a control.

    Attributes:
        measured_at: now when left out.
    """

    control_lot_id: UUID
    value: Measure
    measured_at: Instant | None = None
    comment: LongText | None = None


class ControlRun(Schema):
    """A measurement, and the rules that it breaks.

    Attributes:
        z: standard deviations from the target.
    """

    id: UUID
    control_lot_id: UUID
    value: Decimal
    z: Decimal
    measured_at: Instant
    entered_by: UUID
    comment: str | None
    broken: list[str]


class ControlRunQuery(PageRequest):
    """Of which lot the measurements are wanted."""

    lot: UUID


class ControlChart(Schema):
    """A Levey-Jennings chart as data, oldest point first."""

    lot: ControlLot
    points: list[ControlRun]


class Violation(Schema):
    """A rule that a run broke; an open rejection holds the results of its parameter."""

    id: UUID
    run_id: UUID
    parameter: str
    instrument: str
    rule: str
    severity: Literal["warning", "rejection"]
    found_at: Instant
    closed_at: Instant | None
    closed_by: UUID | None
    action: str | None


class ViolationQuery(PageRequest):
    """Which broken rules are wanted."""

    status: Literal["open", "closed"] = "open"


class Closing(Schema):
    """What was done about a broken rule."""

    action: LongText


class ImportedLot(Schema):
    """A lot of control material that another system has used; `target` and `sd` as there."""

    name: ShortText
    lot: ShortText
    level: Annotated[int, Field(ge=1, le=3)]
    target: Measure
    sd: Annotated[Measure, Field(gt=0)]
    expires_on: Day


class ImportedRun(Schema):
    """One measurement.

    Attributes:
        level: of the lot that was measured.
        action, answered_at: what was done about the rules that it breaks, and when; such a rule
            stays open where nothing is said.
    """

    level: Annotated[int, Field(ge=1, le=3)]
    value: Measure
    measured_at: Instant
    comment: LongText | None = None
    action: LongText | None = None
    answered_at: Instant | None = None


class ImportedControls(Schema):
    """Lots of one parameter on one analyzer, one for each level, with their runs."""

    parameter: Code
    instrument: ShortText
    entered_by: UUID
    lots: Annotated[list[ImportedLot], Field(min_length=1, max_length=3)]
    runs: Annotated[list[ImportedRun], Field(max_length=10_000)]

    @model_validator(mode="after")
    def _each_run_has_its_lot(self) -> Self:
        levels = [one.level for one in self.lots]
        if len(set(levels)) < len(levels) or not {one.level for one in self.runs} <= set(levels):
            raise ValueError("one lot for each level, and a lot for each run")
        return self
