"""The vital signs that are measured here: code, words, unit, and what a body can show.

Codes and units are those of FHIR R4's vital signs profile (`observation-vitalsigns`) and the
LOINC codes beside it that wards use. The bounds tell typing errors and wrong units from
measurements; they are neither normal values nor alarms. They lie just beyond what has been
documented in people: core temperature 13.7 Cel survived (Gilbert et al., Lancet 2000;355:375)
and 46.5 Cel (Guinness World Records, 1980); 272 cm and 635 kg (Guinness World Records);
480/350 mm[Hg] in an artery under maximal load (MacDougall et al., J Appl Physiol 1985;58:785),
of which a cuff shows less. Heart and breath rates leave room for newborns in tachycardia. Scores
and percentages have the ends of their scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from deployments.medical_records.units import ACCEPTED, PERCENT, SCORE

Shape = Literal["quantity", "components", "answer"]
BLOOD_PRESSURE: Final = "85354-9"
SYSTOLIC: Final = "8480-6"
DIASTOLIC: Final = "8462-4"
WEIGHT: Final = "29463-7"
HEIGHT: Final = "8302-2"
LENGTH: Final = "8306-3"
BODY_MASS_INDEX: Final = "39156-5"
HEAD: Final = "9843-4"
HEAD_TAPE: Final = "8287-5"
EGFR: Final = ("98979-8", "62238-1", "33914-3")
"""Estimated GFR per 1.73 m2: CKD-EPI 2021, CKD-EPI, MDRD; the last one measured counts."""
EGFR_UNIT: Final = "mL/min/{1.73_m2}"
EGFR_SPELLINGS: Final = frozenset({"mL/min/1.73.m2", "mL/min/{1.73m2}", "mL/min/1.73m2", "mL/min"})
"""What laboratories write for the same unit."""


@dataclass(frozen=True, slots=True)
class VitalSign:
    """One thing that is measured.

    Attributes:
        code: LOINC.
        en: its name in English.
        vi: its name in Vietnamese.
        unit: UCUM, in which values are kept; empty for a panel or an answer.
        low: smallest value of a body, in `unit`.
        high: largest value of a body, in `unit`.
        decimals: digits behind the point of a converted value.
        shape: how the result is given: one number, a panel's numbers, or words.
        members: codes of a panel's numbers.
    """

    code: str
    en: str
    vi: str
    unit: str = ""
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    decimals: int = 1
    shape: Shape = "quantity"
    members: tuple[str, ...] = ()

    @property
    def units(self) -> frozenset[str]:
        """The units in which it may be given; none unless it is one number."""
        return ACCEPTED.get(self.unit, frozenset())


def _number(
    code: str, en: str, vi: str, unit: str, low: str, high: str, decimals: int = 1
) -> VitalSign:
    return VitalSign(code, en, vi, unit, Decimal(low), Decimal(high), decimals)


_SIGNS: Final = (
    VitalSign(
        BLOOD_PRESSURE,
        "Blood pressure",
        "Huyết áp",
        shape="components",
        members=(SYSTOLIC, DIASTOLIC),
    ),
    _number(SYSTOLIC, "Systolic blood pressure", "Huyết áp tâm thu", "mm[Hg]", "20", "400", 0),
    _number(DIASTOLIC, "Diastolic blood pressure", "Huyết áp tâm trương", "mm[Hg]", "0", "300", 0),
    _number("8867-4", "Heart rate", "Nhịp tim", "/min", "0", "350", 0),
    _number("9279-1", "Respiratory rate", "Nhịp thở", "/min", "0", "150", 0),
    _number("8310-5", "Body temperature", "Thân nhiệt", "Cel", "13", "47"),
    _number(HEIGHT, "Body height", "Chiều cao", "cm", "15", "280"),
    _number(LENGTH, "Body height lying", "Chiều dài nằm", "cm", "15", "280"),
    _number(WEIGHT, "Body weight", "Cân nặng", "kg", "0.2", "650", 3),
    _number(BODY_MASS_INDEX, "Body mass index", "Chỉ số khối cơ thể", "kg/m2", "4", "210"),
    _number(HEAD, "Head circumference", "Vòng đầu", "cm", "10", "100"),
    _number(
        HEAD_TAPE, "Head circumference by tape", "Vòng đầu đo bằng thước dây", "cm", "10", "100"
    ),
    _number("2708-6", "Oxygen saturation", "Độ bão hòa oxy", PERCENT, "0", "100"),
    _number(
        "59408-5",
        "Oxygen saturation by pulse oximetry",
        "Độ bão hòa oxy qua da (SpO2)",
        PERCENT,
        "0",
        "100",
    ),
    _number("3151-8", "Inhaled oxygen flow rate", "Lưu lượng oxy thở vào", "L/min", "0", "100"),
    _number("72514-3", "Pain severity, 0 to 10", "Mức độ đau, 0 đến 10", SCORE, "0", "10", 0),
    _number("9269-2", "Glasgow coma score", "Điểm hôn mê Glasgow", SCORE, "3", "15", 0),
    VitalSign("80288-4", "Level of consciousness", "Mức độ tỉnh táo", shape="answer"),
)
SIGNS: Final[Mapping[str, VitalSign]] = {sign.code: sign for sign in _SIGNS}
"""By LOINC code."""
