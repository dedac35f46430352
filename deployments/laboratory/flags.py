"""What a value means beside its limits."""

from decimal import Decimal
from typing import Literal, NamedTuple

from deployments.laboratory.catalogue_shapes import Choice, Limit, Span

Flag = Literal["N", "L", "H", "LL", "HH", "A"]
Comparator = Literal["<", ">"]


class Interpretation(NamedTuple):
    """What is reported beside a value.

    Attributes:
        flag: HL7 v3 ObservationInterpretation; None when there are no limits to hold it against.
        critical: whether somebody must be called at once.
    """

    flag: Flag | None
    critical: bool


UNKNOWN = Interpretation(None, critical=False)


def interpret(
    value: Decimal, limit: Limit | None, comparator: Comparator | None = None
) -> Interpretation:
    """The flag of a number; a limit itself is still within.

    With a comparator the true value lies beyond the number: it is normal only when everything
    beyond is, and has no flag when some of that is normal and some is not.
    """
    if limit is None:
        return UNKNOWN
    if _below(value, limit.critical.low, comparator):
        return Interpretation("LL", critical=True)
    if _above(value, limit.critical.high, comparator):
        return Interpretation("HH", critical=True)
    if _below(value, limit.normal.low, comparator):
        return Interpretation("L", critical=False)
    if _above(value, limit.normal.high, comparator):
        return Interpretation("H", critical=False)
    if limit.normal == Span() or not _all_within(value, limit.normal, comparator):
        return UNKNOWN
    return Interpretation("N", critical=False)


def _below(value: Decimal, end: Decimal | None, comparator: Comparator | None) -> bool:
    """Whether whatever the value may be is below the end."""
    if end is None or comparator == ">":
        return False
    return value <= end if comparator else value < end


def _above(value: Decimal, end: Decimal | None, comparator: Comparator | None) -> bool:
    if end is None or comparator == "<":
        return False
    return value >= end if comparator else value > end


def _all_within(value: Decimal, normal: Span, comparator: Comparator | None) -> bool:
    """Whether all that the value may be, which is not outside altogether, is normal."""
    if comparator is None:
        return True
    open_side = normal.low if comparator == "<" else normal.high
    return open_side is None and normal.holds(value)


def interpret_choice(choice: Choice) -> Interpretation:
    """The flag of a coded value."""
    return Interpretation("A" if choice.abnormal else "N", choice.critical)


def reported(value: Decimal, reporting: Span) -> tuple[Decimal, Comparator | None]:
    """The value as it is reported: outside what can be measured, the end with a sign before it."""
    if reporting.low is not None and value < reporting.low:
        return reporting.low, "<"
    if reporting.high is not None and value > reporting.high:
        return reporting.high, ">"
    return value, None
