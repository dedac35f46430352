"""From what was sent to what is believed: number or choice, unit, limits, flag. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from deployments.laboratory.calculations import FORMULAS, WHEN_NOT_MEASURED, Person
from deployments.laboratory.catalogue_shapes import Choice, Limit, Parameter, Test
from deployments.laboratory.errors import WrongUnit
from deployments.laboratory.flags import Comparator, Flag, interpret, interpret_choice, reported
from deployments.laboratory.limits import pick
from deployments.laboratory.units import rounded, to_catalogue

NUMBER: Final = re.compile(r"([<>])?=?\s*([+-]?\d{1,12}(?:[.,]\d{1,9})?)")
THOUSANDS: Final = re.compile(r"[<>=\s+-]*[1-9]\d{0,2},\d{3}")
"""Twelve hundred and thirty-four for some, a little more than one for others."""
LONGEST_TEXT: Final = 2000


class Fault(NamedTuple):
    """Why a value is not taken.

    Attributes:
        reason: stable word for programs.
        detail: sentence for people.
    """

    reason: str
    detail: str


@dataclass(frozen=True)
class Reading:
    """A value in the words of the catalogue.

    Attributes:
        value: number in the unit of the catalogue, as it is reported.
        comparator: outside what can be reported, or as the analyzer sent it.
        choice: code of a coded value.
        sent_value, sent_unit: as it came; None for what was calculated.
    """

    parameter: Parameter
    value: Decimal | None = None
    comparator: Comparator | None = None
    choice: str | None = None
    text: str | None = None
    sent_value: str | None = None
    sent_unit: str | None = None

    def says_the_same(self, other: "Reading | None") -> bool:
        """Whether both report the same, whatever unit they came in."""
        return other is not None and (
            (self.value, self.comparator, self.choice, self.text)
            == (other.value, other.comparator, other.choice, other.text)
        )


@dataclass(frozen=True)
class Interpreted:
    """What a reading means for the person it is of."""

    flag: Flag | None
    critical: bool
    limit: Limit | None


@dataclass(frozen=True)
class Whose:
    """Of whom and when a specimen was taken.

    Attributes:
        sex: FHIR administrative-gender.
        age_days: days of life at collection.
    """

    sex: str
    age_days: int | None
    age_years: int | None
    collected_at: datetime


def read(parameter: Parameter, value: str, unit: str | None) -> Reading | Fault:
    """What was sent, as a reading or as the reason why it is none."""
    match parameter.kind:
        case "calculated":
            return Fault("calculated_here", f"{parameter.code} is calculated, not measured")
        case "coded":
            return _choice(parameter, value)
        case "text":
            text = value.strip()
            if not text or len(text) > LONGEST_TEXT:
                return Fault("not_a_text", f"between 1 and {LONGEST_TEXT} letters are wanted")
            return Reading(parameter, text=text, sent_value=text)
    return _number(parameter, value, unit)


def read_history(parameter: Parameter, value: str, unit: str | None) -> Reading | Fault:
    """As `read`, of a result that another laboratory has reported.

    What is calculated here is taken as it was reported there; what no body can show is refused.
    """
    if parameter.kind not in ("numeric", "calculated"):
        return read(parameter, value, unit)
    match = NUMBER.fullmatch(value.strip())
    reading = _number(parameter, value, unit)
    if isinstance(reading, Fault) or match is None:
        return reading
    measured = to_catalogue(Decimal(match[2].replace(",", ".")), unit, parameter)
    if not parameter.plausible.holds(measured):
        return Fault("implausible", f"{parameter.code} cannot be so in a living person")
    return reading


def _choice(parameter: Parameter, value: str) -> Reading | Fault:
    plain = value.strip().casefold()
    for one in parameter.choices:
        if plain in (one.code.casefold(), one.en.casefold(), one.vi.casefold()):
            return Reading(parameter, choice=one.code, sent_value=value.strip())
    known = ", ".join(one.code for one in parameter.choices)
    return Fault("unknown_choice", f"{parameter.code} is one of {known}")


def _number(parameter: Parameter, value: str, unit: str | None) -> Reading | Fault:
    match = NUMBER.fullmatch(value.strip())
    if match is None:
        return Fault("not_a_number", f"{parameter.code} is a number")
    if THOUSANDS.fullmatch(value.strip()):
        words = f"{parameter.code}: the comma may mean thousands; write a point, or leave it out"
        return Fault("not_a_number", words)
    number = Decimal(match[2].replace(",", "."))
    try:
        converted = to_catalogue(number, unit, parameter)
    except WrongUnit as error:
        return Fault("wrong_unit", error.detail)
    shown, outside = reported(converted, parameter.reporting)
    comparator: Comparator | None = outside
    if comparator is None and match[1]:
        comparator = "<" if match[1] == "<" else ">"
    return Reading(
        parameter,
        value=shown,
        comparator=comparator,
        sent_value=value.strip(),
        sent_unit=unit,
    )


def meaning(reading: Reading, whose: Whose) -> Interpreted:
    """The flag by the limits of the person's sex and age."""
    if reading.choice is not None:
        choice: Choice | None = reading.parameter.choice(reading.choice)
        if choice is None:
            return Interpreted(None, critical=False, limit=None)
        found = interpret_choice(choice)
        return Interpreted(found.flag, found.critical, None)
    if reading.value is None:
        return Interpreted(None, critical=False, limit=None)
    limit = pick(reading.parameter.limits, whose.sex, whose.age_days)
    found = interpret(reading.value, limit, reading.comparator)
    return Interpreted(found.flag, found.critical, limit)


def calculate(
    test: Test, measured: Mapping[str, Reading], around: Mapping[str, Decimal], whose: Whose
) -> list[Reading]:
    """What can be calculated for a test now.

    Args:
        test: of the catalogue.
        measured: readings of the test, by code of the parameter.
        around: values of the whole order, by code of the parameter.
        whose: the formulas know sex and age.

    Returns:
        A reading for each value whose parts are all there and for which the formula holds.
    """
    values = dict(around) | {
        code: one.value
        for code, one in measured.items()
        if one.value is not None and one.comparator is None
    }
    person = Person(whose.sex, whose.age_years)
    found = []
    for parameter in test.parameters:
        formula = FORMULAS.get(parameter.formula or "")
        if formula is None and parameter.code not in measured:
            formula = WHEN_NOT_MEASURED.get(parameter.code)
        if formula is None or not all(code in values for code in formula.needs):
            continue
        value = formula.compute(values, person)
        if value is not None:
            value = rounded(value, parameter.decimals)
            values[parameter.code] = value
            found.append(Reading(parameter, value=value))
    return found


def needs_of(test: Test) -> frozenset[str]:
    """Codes of the parameters that the calculated values of a test are made from."""
    formulas = (FORMULAS.get(one.formula or "") for one in test.parameters)
    return frozenset(code for one in formulas if one is not None for code in one.needs)


def is_complete(test: Test, readings: Mapping[str, Reading], around: Mapping[str, Decimal]) -> bool:
    """Whether nothing measured is missing; a value that cannot be calculated keeps nothing open."""
    measured = [one for one in test.parameters if one.kind != "calculated"]
    if measured:
        return all(one.code in readings for one in measured)
    return needs_of(test) <= around.keys()
