"""Elements that several transactions share: money, days, adjustments."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby

from deployments.x12.reading import Found
from deployments.x12.shapes import Adjustment
from deployments.x12.writing import Element, Written


def money(text: str) -> Decimal:
    """An amount in major units.

    Raises:
        ValueError: it is no number.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("an amount is no number") from None


def day_of(text: str) -> date:
    """A day written CCYYMMDD.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  # a day has no zone


def cas(adjustments: Sequence[Adjustment]) -> Iterator[Written]:
    """CAS segments: one for each group, with up to six reasons."""
    ordered = sorted(adjustments, key=lambda one: one.group)
    for group, members in groupby(ordered, key=lambda one: one.group):
        reasons = list(members)
        for start in range(0, len(reasons), 6):
            elements: list[Element] = []
            for one in reasons[start : start + 6]:
                elements += [one.code, one.amount, ""]
            yield "CAS", group, *elements[:-1]


def adjustments_of(found: Sequence[Found], loop: str) -> Iterator[Adjustment]:
    """The reasons in the CAS segments of a loop.

    Raises:
        ValueError: an amount is no number.
    """
    for one in found:
        if one.loop == loop and one.id == "CAS":
            for place in range(2, len(one.segment) + 1, 3):
                code, amount = one.get(f"{place:02}"), one.get(f"{place + 1:02}")
                yield Adjustment(one.get("01"), code, money(amount))
