"""Money is exact: decimals of each currency, one rounding, no unit lost in a split."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.billing import money

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)


@pytest.mark.parametrize(("currency", "places"), [("VND", 0), ("USD", 2), ("BHD", 3), ("LAK", 2)])
def test_decimals_are_those_of_the_iso_list(currency, places) -> None:
    assert money.exponent(currency) == places


@pytest.mark.parametrize("currency", ["XAU", "ABC", ""])
def test_what_has_no_minor_unit_is_refused(currency) -> None:
    with pytest.raises(ValueError, match=r"."):
        money.exponent(currency)


@pytest.mark.parametrize(
    ("amount", "whole"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("2.4999", 2)],
)
def test_halves_go_up_and_credits_mirror_debits(amount, whole) -> None:
    assert money.rounded(Decimal(amount)) == whole


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("1.50", "USD", 150), ("20000", "VND", 20000)]
)
def test_there_and_back(amount, currency, minor) -> None:
    assert money.to_minor(Decimal(amount), currency) == minor
    assert money.to_major(minor, currency) == Decimal(amount)


def test_percent_is_rounded_once() -> None:
    assert money.part(333, Decimal(5)) == 17


@given(st.integers(-(10**12), 10**12), WEIGHTS)
def test_a_split_loses_nothing_and_is_fair(total, weights) -> None:
    parts = money.split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        exact = [Decimal(total) * weight / whole for weight in weights]
        assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


def test_the_largest_remainder_is_served_first() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(10, [3, 3, 1]) == [4, 4, 2]
    assert money.split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert money.split(7, [0, 0]) == [7, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_no_lines_and_negative_weights_are_refused(weights) -> None:
    with pytest.raises(ValueError, match="weights"):
        money.split(1, weights)
