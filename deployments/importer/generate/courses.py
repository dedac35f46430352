"""How laboratory values run: what an illness and its therapy make of them over months.

Values are in the units of the laboratory's catalogue. The shapes are plausible, not measured; no
number here is clinical advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from random import Random

Values = dict[str, float | str]


@dataclass(frozen=True)
class Course:
    """One patient's way from one state to another.

    Attributes:
        chance: of this patient.
        woman: haemoglobin differs.
    """

    chance: Random
    woman: bool

    def between(self, low: float, high: float) -> float:
        """Somewhere between the two."""
        return self.chance.uniform(low, high)

    def near(self, value: float, spread: float) -> float:
        """The value as it is measured: a coefficient of variation of `spread` around it."""
        return value * self.chance.gauss(1.0, spread)


def settled(start: float, end: float, weeks: float, pace: float) -> float:
    """From start to end, most of the way within `pace` weeks."""
    return end + (start - end) * exp(-weeks / pace)


def diabetes(course: Course, start: float, end: float, weeks: float) -> Values:
    """HbA1c falls under therapy; glucose follows it by the ADAG line.

    Nathan DM et al., Diabetes Care 2008;31:1473: mean glucose, mmol/L = 1.59 x HbA1c - 2.59.
    Fasting glucose is taken to be nine tenths of it.
    """
    hba1c = settled(start, end, weeks, 14)
    return {
        "HBA1C": course.near(hba1c, 0.015),
        "GLU": course.near((1.59 * hba1c - 2.59) * 0.9, 0.06),
        "UACR": course.near(1.2 + hba1c / 4, 0.15),
        "CREA": course.near(68 if course.woman else 84, 0.04),
    }


def kidney(course: Course, start: float, weeks: float) -> Values:
    """Creatinine creeps up; potassium, urea and acid follow it."""
    creatinine = start * (1 + 0.005 * weeks)
    return {
        "CREA": course.near(creatinine, 0.035),
        "UREA": course.near(creatinine / 13.5, 0.06),
        "UA": course.near(330 + creatinine / 2.2, 0.05),
        "NA": course.near(139.5, 0.008),
        "K": course.near(4.15 + creatinine / 270, 0.03),
        "CL": course.near(104.5, 0.012),
        "CO2": course.near(26 - creatinine / 60, 0.04),
    }


def lipids(course: Course, start: float, weeks: float) -> Values:
    """Cholesterol falls by about a third under a statin."""
    return {
        "TC": course.near(settled(start, start * 0.68, weeks, 5), 0.03),
        "TG": course.near(settled(start * 0.36, start * 0.25, weeks, 6), 0.08),
        "HDL": course.near(1.38 if course.woman else 1.14, 0.04),
    }


def iron(course: Course, start: float, weeks: float) -> Values:
    """Haemoglobin comes back under iron, then the volume of the cells, then the stores."""
    haemoglobin = settled(start, 129, weeks, 6)
    count = blood_count(course, haemoglobin, volume=settled(70, 87, weeks, 11), width=18)
    return count | {
        "PLT": course.near(settled(430, 290, weeks, 8), 0.05),
        "RDW": course.near(settled(18.6, 13.4, weeks, 16), 0.02),
        "FERR": course.near(settled(5, 52, weeks, 14), 0.07),
        "FE": course.near(settled(4.8, 16.5, weeks, 7), 0.08),
        "TIBC": course.near(settled(84, 62, weeks, 9), 0.03),
    }


def thyroid(course: Course, start: float, weeks: float) -> Values:
    """Thyrotropin falls to its place once thyroxine is taken."""
    return {
        "TSH": course.near(settled(start, 2.2, weeks, 6), 0.07),
        "FT4": course.near(settled(8.4, 15.6, weeks, 6), 0.04),
    }


def infection(course: Course, start: float, days: float) -> Values:
    """C-reactive protein and leukocytes rise at once and fall within a week."""
    white = settled(14.8, 7.0, days, 4)
    count = blood_count(course, 124 if course.woman else 142, white=white)
    return count | {"CRP": course.near(settled(start, 1.5, days, 3), 0.05)}


def blood_count(
    course: Course,
    haemoglobin: float,
    *,
    volume: float = 89.0,
    white: float = 6.6,
    width: float = 13.0,
) -> Values:
    """A blood count that fits together: indices follow from the three that are measured.

    Args:
        course: of the patient.
        haemoglobin: g/L.
        volume: mean of a red cell, fL.
        white: leukocytes, 10*9/L.
        width: of the distribution of red cells, per cent.
    """
    measured = course.near(haemoglobin, 0.015)
    concentration = course.near(330, 0.008)
    haematocrit = measured / concentration
    mean_volume = course.near(volume, 0.008)
    red = haematocrit * 1000 / mean_volume
    leukocytes = course.near(white, 0.06)
    return {
        "HGB": measured, "HCT": haematocrit, "RBC": red, "MCV": mean_volume,
        "MCH": measured / red, "MCHC": concentration, "RDW": course.near(width, 0.015),
        "PLT": course.near(248, 0.06), "WBC": leukocytes,
        **_differential(course, leukocytes, 0.58 if white < 9 else 0.78),
    }  # fmt: skip


def _differential(course: Course, leukocytes: float, neutrophils: float) -> Mapping[str, float]:
    shares = {
        "NEUT": course.near(neutrophils, 0.05), "MONO": course.near(0.07, 0.1),
        "EOS": course.near(0.025, 0.2), "BASO": course.near(0.006, 0.2),
    }  # fmt: skip
    shares["LYMPH"] = max(0.05, 1 - sum(shares.values()))
    return {code: share * leukocytes for code, share in shares.items()}
