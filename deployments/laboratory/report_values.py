"""Values, units and intervals as they are read on paper. Pure."""

import re
from decimal import Decimal
from typing import Final

from deployments.laboratory.report_schemas import ReportValue
from deployments.schemas import Locale

ANNOTATION: Final = re.compile(r"\{[A-Za-z]+\}")
POWER: Final = re.compile(r"10\*(\d+)")
MICRO: Final = re.compile(r"\bu(?=mol|g|L\b|IU)")
RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def said(value: ReportValue, locale: Locale) -> str:
    """The value as it is read."""
    if value.value is not None:
        return f"{value.comparator or ''}{value.value:f}"
    choice = value.choice_vi if locale == "vi" else value.choice_en
    return choice or value.text or ""


def printed_unit(unit: str | None) -> str:
    """A unit of UCUM as it is printed: `10*9/L` is ×10⁹/L, `{INR}` is the name of a number."""
    if unit is None or unit == "1":
        return ""
    plain = ANNOTATION.sub("", unit).replace("{1.73_m2}", "1.73 m²")
    plain = POWER.sub(lambda match: "×10" + match[1].translate(RAISED), plain)
    return MICRO.sub("µ", plain.replace("[", "").replace("]", ""))


def interval(low: Decimal | None, high: Decimal | None) -> str:
    """A reference interval as it is read."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"≤ {high:f}"
    return f"≥ {low:f}" if high is None else f"{low:f} - {high:f}"
