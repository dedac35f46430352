"""How a child's measurement stands among children of the same age and sex.

WHO Child Growth Standards (2006) from birth to five years, by day, and the WHO growth reference
(2007) to nineteen years, by month (weight to ten). Method: LMS; for weight and BMI beyond three
standard deviations the distance is measured in steps of the last one, as both publications do
(WHO Child Growth Standards: Methods and development, 2006, chapter 7; de Onis et al., Bull World
Health Organ 2007;85:660). Ages between two months of the 2007 tables are interpolated linearly.
Tables: (c) World Health Organization; where our file comes from says `growth_build.py`.
"""

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Final, Literal

from deployments.medical_records.vital_signs import (
    BODY_MASS_INDEX,
    HEAD,
    HEAD_TAPE,
    HEIGHT,
    LENGTH,
    WEIGHT,
)

FILE: Final = Path(__file__).parent / "data" / "growth.tsv.gz"
DAYS_PER_MONTH: Final = 30.4375
LAST_DAY: Final = 1856
"""Of the standards by day: five years and the month of the fifth birthday."""
TWO_YEARS: Final = 731
LYING_IS_LONGER_CM: Final = 0.7
"""Length lying against height standing (Methods and development, 2006, chapter 3)."""
NORMAL: Final = NormalDist()
PERCENTILES: Final = (3, 15, 50, 85, 97)
REFERENCE: Final = "WHO Child Growth Standards 2006 (0-5 years), WHO growth reference 2007 (5-19)"

Sex = Literal["male", "female"]
SEX_OF: Final[Mapping[str, Sex]] = {"male": "male", "female": "female"}
"""By administrative gender; the reference has no other."""


class Measure(StrEnum):
    """What grows."""

    WEIGHT = "weight"
    HEIGHT = "height"
    BMI = "bmi"
    HEAD = "head"


CODES: Final = {
    Measure.WEIGHT: (WEIGHT,),
    Measure.HEIGHT: (HEIGHT, LENGTH),
    Measure.BMI: (BODY_MASS_INDEX,),
    Measure.HEAD: (HEAD, HEAD_TAPE),
}
LAST_MONTH: Final = {
    Measure.WEIGHT: 120,
    Measure.HEIGHT: 228,
    Measure.BMI: 228,
    Measure.HEAD: 60,
}
"""Where the references end."""
MEASURE_OF: Final = {code: measure for measure, codes in CODES.items() for code in codes}
SKEWED: Final = frozenset({Measure.WEIGHT, Measure.BMI})


@dataclass(frozen=True, slots=True)
class Distribution:
    """Of one measure at one age and sex: Box-Cox power, median, coefficient of variation."""

    power: float
    median: float
    variation: float

    def value(self, z: float) -> float:
        """The measurement that stands `z` standard deviations from the median."""
        if self.power == 0:
            return self.median * math.exp(self.variation * z)
        return self.median * float((1 + self.power * self.variation * z) ** (1 / self.power))

    def z_score(self, value: float) -> float:
        """How many standard deviations a measurement stands from the median."""
        if self.power == 0:
            return math.log(value / self.median) / self.variation
        return float((value / self.median) ** self.power - 1) / (self.power * self.variation)

    def restricted_z_score(self, value: float) -> float:
        """The same, in even steps beyond three standard deviations."""
        z = self.z_score(value)
        if abs(z) <= 3:
            return z
        end = math.copysign(3, z)
        step = abs(self.value(end) - self.value(end - math.copysign(1, z)))
        return end + (value - self.value(end)) / step


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a measurement stands: standard deviations, and children of 100 that are below."""

    z_score: float
    percentile: float


def stand(measure: Measure, sex: Sex, age_days: int, value: float) -> Standing | None:
    """Where a measurement stands; None where there is no reference for the age.

    Args:
        measure: what was measured.
        sex: whose reference.
        age_days: completed days of life.
        value: kg, cm or kg/m2; length for children under two years, height after.
    """
    distribution = find_distribution(measure, sex, age_days)
    if distribution is None or value <= 0:
        return None
    skewed = measure in SKEWED
    z = distribution.restricted_z_score(value) if skewed else distribution.z_score(value)
    return Standing(round(z, 2), round(NORMAL.cdf(z) * 100, 1))


def comparable(code: str, age_days: int, value: float) -> float:
    """A length measured lying as the height that the reference has from two years on."""
    return value - LYING_IS_LONGER_CM if code == LENGTH and age_days >= TWO_YEARS else value


def curve(measure: Measure, sex: Sex, percentile: int, ages_months: range) -> list[float]:
    """The measurement of a percentile at each age, as far as the reference goes."""
    z = NORMAL.inv_cdf(percentile / 100)
    days = (round(month * DAYS_PER_MONTH) for month in ages_months)
    found = (find_distribution(measure, sex, day) for day in days)
    return [round(one.value(z), 2) for one in found if one is not None]


def find_distribution(measure: Measure, sex: Sex, age_days: int) -> Distribution | None:
    """The reference at an age; None where there is none."""
    table = _tables()
    if age_days <= LAST_DAY:
        return table.get((measure, sex, "day", age_days))
    month, part = divmod(age_days / DAYS_PER_MONTH, 1)
    before = table.get((measure, sex, "month", int(month)))
    after = table.get((measure, sex, "month", int(month) + 1), before)
    if before is None or after is None:
        return None
    return Distribution(
        before.power + part * (after.power - before.power),
        before.median + part * (after.median - before.median),
        before.variation + part * (after.variation - before.variation),
    )


@cache
def _tables() -> dict[tuple[str, str, str, int], Distribution]:
    with gzip.open(FILE, "rt", encoding="ascii") as lines:
        rows = (line.split("\t") for line in lines)
        return {
            (measure, sex, step, int(age)): Distribution(float(power), float(median), float(spread))
            for measure, sex, step, age, power, median, spread in rows
        }
