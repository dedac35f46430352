"""What a value means beside its limits."""

from decimal import Decimal
from typing import Literal, NamedTuple

from deployments.laboratory.catalogue_shapes import Choice, Limit, Span

Flag = Literal["N", "L", "H", "LL", "HH", "A"]


class Interpretation(NamedTuple):
    """What is reported beside a value.

    Attributes:
        flag: HL7 v3 ObservationInterpretation; None when there are no limits to hold it against.
        critical: whether somebody must be called at once.
    """

    flag: Flag | None
    critical: bool


UNKNOWN = Interpretation(None, critical=False)


def interpret(value: Decimal, limit: Limit | None) -> Interpretation:
    """The flag of a number; a limit itself is still within."""
    if limit is None:
        return UNKNOWN
    if limit.critical.is_below(value):
        return Interpretation("LL", critical=True)
    if limit.critical.is_above(value):
        return Interpretation("HH", critical=True)
    if limit.normal.is_below(value):
        return Interpretation("L", critical=False)
    if limit.normal.is_above(value):
        return Interpretation("H", critical=False)
    return UNKNOWN if limit.normal == Span() else Interpretation("N", critical=False)


def interpret_choice(choice: Choice) -> Interpretation:
    """The flag of a coded value."""
    return Interpretation("A" if choice.abnormal else "N", choice.critical)


def reported(value: Decimal, reporting: Span) -> tuple[Decimal, Literal["<", ">"] | None]:
    """The value as it is reported: outside what can be measured, the end with a sign before it."""
    if reporting.low is not None and value < reporting.low:
        return reporting.low, "<"
    if reporting.high is not None and value > reporting.high:
        return reporting.high, ">"
    return value, None
