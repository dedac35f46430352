"""What counts as a possible measurement; pure. The bounds and their sources: `vital_signs`.

What is unlikely for a child's age is asked for once more: the limits are WHO's flags for
biologically implausible values (Recommendations for data collection, analysis and reporting on
anthropometric indicators in children under 5 years old, WHO/UNICEF 2019, section 3.1). Such
children exist, preterm ones above all, so `confirmed` lets the value pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from deployments.errors import FieldError
from deployments.medical_records import growth
from deployments.medical_records.errors import MeasurementRefused
from deployments.medical_records.growth import Measure, Sex
from deployments.medical_records.units import convert
from deployments.medical_records.vital_schemas import Measurement, Quantity
from deployments.medical_records.vital_signs import (
    BODY_MASS_INDEX,
    DIASTOLIC,
    HEIGHT,
    SIGNS,
    SYSTOLIC,
    WEIGHT,
    Shape,
    VitalSign,
)

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead of ours a ward's clock may be."""
FLAGS: Final[Mapping[Measure, tuple[float, float]]] = {
    Measure.WEIGHT: (-6, 5),
    Measure.HEIGHT: (-6, 6),
    Measure.BMI: (-5, 5),
    Measure.HEAD: (-5, 5),
}
"""Z-scores beyond which WHO calls a value implausible, under five years."""


@dataclass(frozen=True, slots=True)
class Child:
    """Who is measured, as far as growth is concerned."""

    sex: Sex
    birth_date: date


def check_time(effective_at: datetime, now: datetime, pointer: str = "/effective_at") -> None:
    """Passes when it has been measured already.

    Raises:
        MeasurementRefused: it lies in the future.
    """
    if effective_at > now + CLOCKS_DIFFER:
        raise MeasurementRefused(
            "see errors", [FieldError(pointer, "in_future", "lies in the future")]
        )


def check_all(
    measurements: Sequence[Measurement],
    child: Child | None,
    on: date,
    pointers: Sequence[str],
) -> None:
    """Passes when every measurement is possible.

    Args:
        measurements: as given.
        child: who was measured; None when that is not known, or nobody who grows.
        on: the day.
        pointers: where each stands in the request.

    Raises:
        MeasurementRefused: `errors` points at each value, with what is accepted.
    """
    pairs = list(zip(measurements, pointers, strict=True))
    found = [error for one, pointer in pairs for error in _errors(one, pointer)]
    if not found and child is not None:
        found = [error for one, pointer in pairs for error in _unlikely(one, child, on, pointer)]
    if found:
        raise MeasurementRefused("see errors", found)


def kept(code: str, given: Quantity) -> Quantity:
    """A checked quantity in the unit that we keep for its code."""
    sign = SIGNS[code]
    return Quantity(
        value=convert(given.value, given.unit, sign.unit, sign.decimals), unit=sign.unit
    )


def body_mass_index(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Weight by the square of height, kg/m2, to one decimal (WHO, Technical Report 894, 2000)."""
    return round(weight_kg / (height_cm / 100) ** 2, SIGNS[BODY_MASS_INDEX].decimals)


def derived_index(values: Mapping[str, Decimal]) -> Decimal | None:
    """The body mass index that follows from values by code, when it was not measured itself."""
    if BODY_MASS_INDEX in values or not {WEIGHT, HEIGHT} <= values.keys():
        return None
    return body_mass_index(values[WEIGHT], values[HEIGHT])


def age_days(birth_date: date, on: date) -> int:
    """Completed days of life; the day before birth is the first one, seen from the west."""
    days = (on - birth_date).days
    return 0 if days == -1 else days


def _errors(one: Measurement, pointer: str) -> Iterator[FieldError]:
    sign = SIGNS.get(one.code)
    if sign is None:
        yield FieldError(f"{pointer}/code", "unknown_code", "no vital sign that is kept here")
    elif _given(one) != {sign.shape}:
        yield FieldError(pointer, "wrong_result", f"{sign.en} is given as {sign.shape} alone")
    elif one.quantity is not None:
        yield from _quantity_errors(sign, one.quantity, f"{pointer}/quantity")
    elif one.components:
        yield from _panel_errors(sign, one, f"{pointer}/components")


def _given(one: Measurement) -> set[Shape]:
    """The kinds of result that a measurement has."""
    results: Mapping[Shape, bool] = {
        "quantity": one.quantity is not None,
        "components": bool(one.components),
        "answer": one.answer is not None,
    }
    return {shape for shape, there in results.items() if there}


def _quantity_errors(sign: VitalSign, given: Quantity, pointer: str) -> Iterator[FieldError]:
    if given.unit not in sign.units:
        accepted = ", ".join(sorted(sign.units))
        yield FieldError(f"{pointer}/unit", "unit_not_accepted", f"{sign.en}: {accepted}")
    elif not sign.low <= kept(sign.code, given).value <= sign.high:
        allowed = f"{sign.en}: {sign.low} to {sign.high} {sign.unit}"
        yield FieldError(f"{pointer}/value", "out_of_range", allowed)


def _panel_errors(sign: VitalSign, one: Measurement, pointer: str) -> Iterator[FieldError]:
    codes = [component.code for component in one.components]
    if sorted(codes) != sorted(sign.members):
        members = f"{sign.en} has {' and '.join(sign.members)}, each once"
        yield FieldError(pointer, "wrong_components", members)
        return
    for place, component in enumerate(one.components):
        quantity = f"{pointer}/{place}/quantity"
        yield from _quantity_errors(SIGNS[component.code], component.quantity, quantity)
    if DIASTOLIC in codes and not _falls(one):
        place = codes.index(DIASTOLIC)
        message = "diastolic pressure is below systolic pressure"
        yield FieldError(f"{pointer}/{place}/quantity/value", "not_below_systolic", message)


def _falls(one: Measurement) -> bool:
    """Whether diastolic is below systolic pressure; so, too, when a unit is not accepted."""
    given = {component.code: component.quantity for component in one.components}
    if any(quantity.unit not in SIGNS[code].units for code, quantity in given.items()):
        return True
    return kept(DIASTOLIC, given[DIASTOLIC]).value < kept(SYSTOLIC, given[SYSTOLIC]).value


def _unlikely(one: Measurement, child: Child, on: date, pointer: str) -> Iterator[FieldError]:
    measure: Any = growth.MEASURE_OF.get(one.code)
    age = age_days(child.birth_date, on)
    if measure is None or one.quantity is None or one.confirmed or age > growth.LAST_DAY:
        return
    value = growth.comparable(one.code, age, float(kept(one.code, one.quantity).value))
    standing = growth.stand(measure, child.sex, age, value)
    low, high = FLAGS[measure]
    if standing is not None and not low <= standing.z_score <= high:
        place, unit = f"{pointer}/quantity/value", SIGNS[one.code].unit
        reference = growth.find_distribution(measure, child.sex, age)
        ends = " to ".join(f"{reference.value(z):.1f}" for z in (-3, 3)) if reference else ""
        message = f"unlikely at this age ({ends} {unit} is usual); measure again, then confirm"
        yield FieldError(place, "unlikely_for_age", message)
