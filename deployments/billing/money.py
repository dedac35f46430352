"""Exact money: whole minor units of an ISO 4217 currency, `Decimal` in between, one rounding.

The rule of rounding, written once: HALF UP, away from zero. It is how invoices are rounded by
hand, and it is symmetrical, so that a credit note of an amount takes away exactly what the
invoice had (ours; half-even would not be what an accountant checks with a pocket calculator).
Amounts are rounded once for each line, and totals are sums of lines: never the other way round.
Exponents come from the ISO list, not from CLDR, which shows some currencies without the decimals
that they have.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from iso4217 import Currency

LARGEST = 2**53 - 1
"""Minor units: what JSON readers hold exactly. No amount of the house is larger."""


@cache
def exponent(currency: str) -> int:
    """Decimal places of a currency: VND 0, USD 2, BHD 3.

    Raises:
        ValueError: no such currency, or one without minor units (gold).
    """
    places = Currency(currency).exponent
    if places is None:
        raise ValueError(f"{currency} has no minor unit")
    return int(places)


def rounded(amount: Decimal) -> int:
    """Whole minor units from an amount with fractions of them: half up, away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units from an amount as people write it: 1.50 USD is 150."""
    return rounded(amount.scaleb(exponent(currency)))


def to_major(minor: int, currency: str) -> Decimal:
    """An amount as people write it, from minor units: 150 is 1.50 USD."""
    return Decimal(minor).scaleb(-exponent(currency))


def part(minor: int, percent: Decimal) -> int:
    """So many percent of an amount, in whole minor units."""
    return rounded(Decimal(minor) * percent / 100)


def split(total: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Splits minor units over lines by their weights without losing one (largest remainder).

    The parts add up to `total`; lines of the same remainder are served in order. When every
    weight is zero the first line takes everything. A negative total is split as the positive one.

    Raises:
        ValueError: there is no line, or a weight is negative.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights are zero or more, and there is at least one")
    if total < 0:
        return [-share for share in split(-total, weights)]
    whole = sum(Decimal(weight) for weight in weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))]
    shares = [divmod(Decimal(weight) * total, whole) for weight in weights]
    parts = [int(share) for share, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: -shares[i][1])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
