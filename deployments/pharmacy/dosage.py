"""What is taken when: FHIR's Dosage and Timing, and the arithmetic of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.errors import FieldError
from deployments.pharmacy.codes import (
    SINGLE_USE,
    AsNeeded,
    DispensingUnit,
    DoseUnit,
    PeriodUnit,
    Route,
    When,
)
from deployments.pharmacy.errors import NotPrescribable
from deployments.pharmacy.safety.subjects import Amount, DailyDose
from deployments.schemas import Schema, ShortText

MOST: Final = 10_000_000
MOST_UNITS: Final = 10_000
"""No dose and no fill is larger, in units; what is, was typed wrongly."""
Number = Annotated[Decimal, Field(gt=0, le=MOST, max_digits=12, decimal_places=4)]
DAYS: Final[Mapping[PeriodUnit, Decimal]] = MappingProxyType(
    {
        PeriodUnit.HOUR: Decimal(1) / 24,
        PeriodUnit.DAY: Decimal(1),
        PeriodUnit.WEEK: Decimal(7),
        PeriodUnit.MONTH: Decimal(30),
    }
)
"""Days in one unit; a month of treatment is 30 days."""
MILLIGRAMS: Final[Mapping[str, Decimal]] = MappingProxyType(
    {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
)
"""UCUM units of mass in milligrams."""
INTERNATIONAL: Final = "[iU]"


class Quantity(Schema):
    """A number of units.

    Attributes:
        unit: the medication's dose unit; or a UCUM unit (mg, g, ug, [iU]) of the only
            ingredient that it has.
    """

    value: Number
    unit: Annotated[str, Field(min_length=1, max_length=20)]


class Timing(Schema):
    """FHIR Timing.repeat: `frequency` times in each `period`.

    Attributes:
        times_of_day: on the clock of the patient; excludes `when`.
        when: by the events of the day; not more of them than `frequency`, which is what doses are
            counted by.
    """

    frequency: Annotated[int, Field(ge=1, le=24)] = 1
    period: Annotated[Decimal, Field(gt=0, le=365, max_digits=6, decimal_places=2)] = Decimal(1)
    period_unit: PeriodUnit = PeriodUnit.DAY
    times_of_day: list[time] = Field(default_factory=list, max_length=24)
    when: list[When] = Field(default_factory=list, max_length=6)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.times_of_day and self.when:
            raise ValueError("give times_of_day or when, not both")
        if len(self.when) > self.frequency:
            raise ValueError("when: more moments than the frequency")
        daily = self.period == 1 and self.period_unit is PeriodUnit.DAY
        if self.times_of_day and not (daily and len(set(self.times_of_day)) == self.frequency):
            raise ValueError("times_of_day: as many different times as the frequency of each day")
        return self

    @property
    def per_day(self) -> Decimal:
        """How often in 24 hours, on average."""
        return Decimal(self.frequency) / (self.period * DAYS[self.period_unit])


class MostPerPeriod(Schema):
    """The most that may be taken in a period (FHIR maxDosePerPeriod)."""

    amount: Quantity
    period: Annotated[Decimal, Field(gt=0, le=365, max_digits=6, decimal_places=2)] = Decimal(24)
    period_unit: PeriodUnit = PeriodUnit.HOUR


class Dosage(Schema):
    """How one medication is taken.

    Attributes:
        route: the medication's own when left out.
        as_needed: for what, when it is not taken by the clock; then the timing is how often at
            most, and `most_per_period` bounds it.
        duration_days: how long one fill lasts; may be left out only with `as_needed`.
        instruction: further words for the patient, in their language.
    """

    dose: Quantity
    timing: Timing = Timing()
    route: Route | None = None
    as_needed: AsNeeded | None = None
    most_per_period: MostPerPeriod | None = None
    duration_days: Annotated[int, Field(ge=1, le=365)] | None = None
    instruction: ShortText | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.as_needed is not None and self.most_per_period is None:
            raise ValueError("as needed: say the most per period")
        if self.as_needed is None and self.duration_days is None:
            raise ValueError("say for how many days")
        return self


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An active ingredient and how much of it one dose unit has.

    Attributes:
        rxnorm: RxNorm ingredient code.
        amount: None where strength has no meaning.
        unit: UCUM.
    """

    rxnorm: str
    name: str
    amount: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class Product:
    """A medication of the formulary, as rules see it."""

    id: UUID
    code: str
    name_en: str
    name_vi: str
    ingredients: tuple[Ingredient, ...]
    route: Route
    dose_unit: DoseUnit
    unit: DispensingUnit
    units_each: Decimal
    schedule: str
    active: bool
    rxnorm: str | None = None


def units_of(quantity: Quantity, product: Product, pointer: str) -> Decimal:
    """How many dose units a quantity is.

    Raises:
        NotPrescribable: the medication is not counted in this unit, or it is far too much.
    """
    found = quantity.value if quantity.unit == product.dose_unit else None
    if found is None and len(product.ingredients) == 1:
        found = _by_strength(quantity, product.ingredients[0])
    if found is None:
        message = f"{product.name_en}: count in {product.dose_unit}"
        raise NotPrescribable(message, [FieldError(pointer, "unit", message)])
    if found > MOST_UNITS:
        message = f"more than {MOST_UNITS} {product.dose_unit}"
        raise NotPrescribable(message, [FieldError(pointer, "too_much", message)])
    return found


def _by_strength(quantity: Quantity, only: Ingredient) -> Decimal | None:
    if not only.amount:
        return None
    if quantity.unit == only.unit:
        return quantity.value / only.amount
    if quantity.unit in MILLIGRAMS and only.unit in MILLIGRAMS:
        return quantity.value * MILLIGRAMS[quantity.unit] / (only.amount * MILLIGRAMS[only.unit])
    return None


def most_per_day(dosage: Dosage, product: Product, pointer: str) -> Decimal:
    """The most dose units in 24 hours.

    A dose that is taken less than once a day still falls whole into one of them, and so does
    all that may be taken in a longer period.
    """
    single = units_of(dosage.dose, product, f"{pointer}/dose/unit")
    daily = single * max(Decimal(1), dosage.timing.per_day)
    if dosage.most_per_period is None:
        return daily
    bound, days = _bound(dosage.most_per_period, product, pointer)
    return min(daily, max(single, bound / min(days, Decimal(1))))


def days_at_most(dosage: Dosage, product: Product, quantity: Decimal) -> int:
    """Whole days that dispensing units last when the most that is allowed is taken each day."""
    return int(quantity * product.units_each / most_per_day(dosage, product, ""))


def most_per_week(dosage: Dosage, product: Product, pointer: str) -> Decimal:
    """The most dose units in 7 days, as the timing says; a rarer dose still falls into one week.

    A most in a period is no help: who reads "daily, at most one a week" takes it daily.
    """
    single = units_of(dosage.dose, product, f"{pointer}/dose/unit")
    return single * max(Decimal(1), dosage.timing.per_day * 7)


def _bound(most: MostPerPeriod, product: Product, pointer: str) -> tuple[Decimal, Decimal]:
    """The most dose units, and in how many days."""
    bound = units_of(most.amount, product, f"{pointer}/most_per_period/amount/unit")
    return bound, most.period * DAYS[most.period_unit]


def quantity_for(dosage: Dosage, product: Product, pointer: str) -> Decimal | None:
    """Whole dispensing units for one fill; None when the dosage does not bound it."""
    if dosage.duration_days is None:
        return None
    single = units_of(dosage.dose, product, f"{pointer}/dose/unit")
    times = dosage.timing.per_day * dosage.duration_days
    if dosage.most_per_period is not None:
        bound, days = _bound(dosage.most_per_period, product, pointer)
        times = min(times, bound / days / single * dosage.duration_days)
    if product.unit in SINGLE_USE:
        return _whole(_whole(single / product.units_each) * _whole(times))
    return _whole(single * times / product.units_each)


def _whole(value: Decimal) -> Decimal:
    """Rounded up; a third of a day is no decimal, so nine places decide what is whole."""
    return max(Decimal(1), round(value, 9).to_integral_value(ROUND_CEILING))


def amounts_of(dosage: Dosage, product: Product, pointer: str = "") -> DailyDose:
    """What the dosage gives of each ingredient, as the safety check reads it."""
    single = units_of(dosage.dose, product, f"{pointer}/dose/unit")
    daily = most_per_day(dosage, product, pointer)
    weekly = most_per_week(dosage, product, pointer)
    return DailyDose(
        tuple(
            _amount(ingredient, ingredient.amount, single, daily, weekly)
            for ingredient in product.ingredients
            if ingredient.amount
            and (ingredient.unit in MILLIGRAMS or ingredient.unit == INTERNATIONAL)
        )
    )


def _amount(
    ingredient: Ingredient, each: Decimal, single: Decimal, daily: Decimal, weekly: Decimal
) -> Amount:
    if ingredient.unit == INTERNATIONAL:
        return Amount(ingredient.rxnorm, "[iU]", single * each, daily * each, weekly * each)
    each *= MILLIGRAMS[ingredient.unit]
    return Amount(ingredient.rxnorm, "mg", single * each, daily * each, weekly * each)
