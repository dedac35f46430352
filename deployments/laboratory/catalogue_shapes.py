"""What the catalogue says of tests and what they measure, as plain values for rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

Sex = Literal["male", "female"]
ParameterKind = Literal["numeric", "coded", "text", "calculated"]


@dataclass(frozen=True)
class Span:
    """A closed span of values; an end that is None is open."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether the value is neither below nor above."""
        return not self.is_below(value) and not self.is_above(value)

    def is_below(self, value: Decimal) -> bool:
        """Whether the value is below the lower end."""
        return self.low is not None and value < self.low

    def is_above(self, value: Decimal) -> bool:
        """Whether the value is above the upper end."""
        return self.high is not None and value > self.high


@dataclass(frozen=True)
class Limit:
    """Reference limits for one sex and one span of ages.

    Attributes:
        from_days, to_days: ages in days of life, half-open; no end for the last one.
        normal: outside is L or H.
        critical: outside is LL or HH, and somebody must be called.
        source: where they come from.
    """

    sex: Sex
    from_days: int
    to_days: int | None
    normal: Span
    critical: Span
    source: str


@dataclass(frozen=True)
class DeltaLimit:
    """How much a value may differ from the one before.

    Attributes:
        absolute: in the unit of the parameter.
        percent: of the value before.
        within: a value before this long ago is not compared.
    """

    absolute: Decimal | None
    percent: Decimal | None
    within: timedelta


@dataclass(frozen=True)
class Choice:
    """One of the values of a coded parameter."""

    code: str
    en: str
    vi: str
    abnormal: bool
    critical: bool = False


@dataclass(frozen=True)
class Parameter:
    """One thing that a test measures; see `storage.laboratory.catalogue_tables`."""

    id: UUID
    test_type_id: UUID
    position: int
    code: str
    loinc: str | None
    name_en: str
    name_vi: str
    kind: ParameterKind
    unit: str | None
    decimals: int
    choices: Sequence[Choice]
    plausible: Span
    reporting: Span
    delta: DeltaLimit | None
    formula: str | None
    limits: Sequence[Limit]

    def choice(self, code: str) -> Choice | None:
        """The choice of this code."""
        return next((one for one in self.choices if one.code == code), None)


@dataclass(frozen=True)
class Test:
    """A test, or a panel of tests, that can be ordered.

    Attributes:
        turnaround: by priority, from order to release.
        release_delay: how long after release the patient sees a sensitive result.
        parameters: of a test, in the order of the report; none of a panel.
        members: ids of the tests of a panel; none of a test.
    """

    __test__ = False

    id: UUID
    code: str
    kind: Literal["test", "panel"]
    loinc: str | None
    name_en: str
    name_vi: str
    department: str
    specimen: str
    container: str
    minimum_ul: int
    stability: timedelta
    turnaround: Mapping[str, timedelta]
    sensitive: bool
    release_delay: timedelta
    active: bool
    version: int
    parameters: Sequence[Parameter] = ()
    members: Sequence[UUID] = ()


@dataclass(frozen=True)
class Snapshot:
    """The whole catalogue as it stood at one moment.

    Attributes:
        revision: changes with every change of the catalogue.
        tests: by id.
    """

    revision: int
    tests: Mapping[UUID, Test]
    _by_code: Mapping[str, Test] = field(init=False, repr=False)
    _parameters: Mapping[UUID, Parameter] = field(init=False, repr=False)
    _parameters_by_code: Mapping[str, Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        every = [one for test in self.tests.values() for one in test.parameters]
        for name, value in (
            ("_by_code", {test.code: test for test in self.tests.values()}),
            ("_parameters", {one.id: one for one in every}),
            ("_parameters_by_code", {one.code: one for one in every}),
        ):
            object.__setattr__(self, name, value)

    def find(self, code: str) -> Test | None:
        """The test or panel of this code."""
        return self._by_code.get(code)

    def parameter(self, parameter_id: UUID) -> Parameter:
        """The parameter of this id; they are never removed."""
        return self._parameters[parameter_id]

    def find_parameter(self, code: str) -> Parameter | None:
        """The parameter of this code."""
        return self._parameters_by_code.get(code)
