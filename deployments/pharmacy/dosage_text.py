"""A dosage in words, as the label says it: pure, in English and Vietnamese."""

from decimal import Decimal
from typing import Final

from deployments.pharmacy.codes import (
    AS_NEEDED,
    PERIODS,
    ROUTES,
    SAME_IN_PLURAL,
    UNITS,
    VERBS,
    WHEN,
    DoseUnit,
    PeriodUnit,
    Route,
)
from deployments.pharmacy.dosage import Dosage, Quantity, Timing

UCUM_WORDS: Final = {"ug": "mcg", "[iU]": "IU"}
"""Labels spell these out: a handwritten or printed µg is read as mg (ISMP's error-prone list)."""

COUNTED: Final = frozenset(unit.value for unit in DoseUnit)


def in_english(dosage: Dosage, route: Route) -> str:
    """The dosage as an English sentence."""
    words = [f"{VERBS[route].en} {_quantity(dosage.dose)}", ROUTES[route], _how_often(dosage)]
    words += [_times(dosage.timing, "at", "and")] if dosage.timing.times_of_day else []
    words += [WHEN[one].en for one in dosage.timing.when]
    words += [f"if needed for {AS_NEEDED[dosage.as_needed].en}"] if dosage.as_needed else []
    if dosage.duration_days:
        words.append(f"for {_counted(Decimal(dosage.duration_days), 'day')}")
    sentence = " ".join(word for word in words if word)
    if dosage.most_per_period:
        most = dosage.most_per_period
        period = _counted(most.period, PERIODS[most.period_unit].en)
        sentence += f"; no more than {_quantity(most.amount)} in {period}"
    return _ended(sentence, dosage)


def in_vietnamese(dosage: Dosage, route: Route) -> str:
    """The dosage as a Vietnamese sentence."""
    words = [f"{VERBS[route].vi} mỗi lần {_amount_vi(dosage.dose)}", _how_often_vi(dosage)]
    words += [_times(dosage.timing, "lúc", "và")] if dosage.timing.times_of_day else []
    words += [WHEN[one].vi for one in dosage.timing.when]
    words += [f"khi {AS_NEEDED[dosage.as_needed].vi}"] if dosage.as_needed else []
    words += [f"trong {dosage.duration_days} ngày"] if dosage.duration_days else []
    sentence = ", ".join(words)
    if dosage.most_per_period:
        most = dosage.most_per_period
        period = f"{_number(most.period)} {PERIODS[most.period_unit].vi}"
        sentence += f"; không quá {_amount_vi(most.amount)} trong {period}"
    return _ended(sentence, dosage)


def _ended(sentence: str, dosage: Dosage) -> str:
    return f"{sentence}. {dosage.instruction}" if dosage.instruction else f"{sentence}."


def _number(value: Decimal) -> str:
    """Without trailing zeros: 5.0 mg is misread as 50 mg (ISMP's error-prone list)."""
    return f"{value.normalize():f}"


def _counted(value: Decimal, noun: str) -> str:
    return f"{_number(value)} {noun}" if value <= 1 else f"{_number(value)} {noun}s"


def _quantity(quantity: Quantity) -> str:
    if quantity.unit not in COUNTED:
        return f"{_number(quantity.value)} {UCUM_WORDS.get(quantity.unit, quantity.unit)}"
    unit = DoseUnit(quantity.unit)
    if unit in SAME_IN_PLURAL:
        return f"{_number(quantity.value)} {unit}"
    return _counted(quantity.value, UNITS[unit].en)


def _amount_vi(quantity: Quantity) -> str:
    if quantity.unit not in COUNTED:
        return f"{_number(quantity.value)} {UCUM_WORDS.get(quantity.unit, quantity.unit)}"
    return f"{_number(quantity.value)} {UNITS[DoseUnit(quantity.unit)].vi}"


def _how_often(dosage: Dosage) -> str:
    timing = dosage.timing
    most = "up to " if dosage.as_needed else ""
    unit = PERIODS[timing.period_unit].en
    if timing.period == 1:
        return (
            most
            + {1: "once", 2: "twice"}.get(timing.frequency, f"{timing.frequency} times")
            + (f" every {unit}" if timing.period_unit is PeriodUnit.HOUR else f" a {unit}")
        )
    often = "" if timing.frequency == 1 else f"{_counted(Decimal(timing.frequency), 'time')} "
    return f"{most}{often}every {_counted(timing.period, unit)}"


def _how_often_vi(dosage: Dosage) -> str:
    timing = dosage.timing
    most = "tối đa " if dosage.as_needed else ""
    unit = PERIODS[timing.period_unit].vi
    if timing.period == 1:
        return f"{most}{timing.frequency} lần mỗi {unit}"
    return f"{most}{timing.frequency} lần mỗi {_number(timing.period)} {unit}"


def _times(timing: Timing, at: str, and_: str) -> str:
    *first, last = [f"{time:%H:%M}" for time in sorted(timing.times_of_day)]
    return f"{at} {', '.join(first)} {and_} {last}" if first else f"{at} {last}"
