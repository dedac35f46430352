"""How much may be handed over, and when again."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.pharmacy.refills import (
    Authorised,
    Fill,
    check_fill,
    earliest_refill,
    remaining,
)
from deployments.pharmacy.stock_errors import TooEarlyToRefill, TooMuchDispensed

DAY = date(2026, 11, 23)
TOLERANCE = Decimal("0.8")
MONTHLY = Authorised(Decimal(30), 2, 30)


def fills(*given_out):
    return [Fill(DAY + timedelta(days=day), Decimal(quantity)) for day, quantity in given_out]


@pytest.mark.parametrize(
    ("before", "day", "quantity", "refused"),
    [
        ([], 0, 30, None),
        ([], 0, 31, TooMuchDispensed),
        ([(0, 10)], 0, 20, None),
        ([(0, 10)], 0, 21, TooMuchDispensed),
        ([(0, 30)], 23, 30, TooEarlyToRefill),
        ([(0, 30)], 24, 30, None),
        ([(0, 10), (5, 20)], 23, 30, TooEarlyToRefill),
        ([(0, 10), (5, 20)], 24, 30, None),
        ([(0, 30), (24, 30)], 47, 30, TooEarlyToRefill),
        ([(0, 30), (24, 30)], 48, 30, None),
        ([(0, 30), (24, 30), (48, 30)], 300, 1, TooMuchDispensed),
        ([(0, 0)], 0, 30, None),
    ],
)
def test_fills_and_their_days(before, day, quantity, refused):
    today = DAY + timedelta(days=day)
    if refused is None:
        check_fill(MONTHLY, fills(*before), Decimal(quantity), today, TOLERANCE)
    else:
        with pytest.raises(refused):
            check_fill(MONTHLY, fills(*before), Decimal(quantity), today, TOLERANCE)


def test_as_needed_has_no_refill_date():
    allowed = Authorised(Decimal(30), 2, None)
    check_fill(allowed, fills((0, 30)), Decimal(30), DAY, TOLERANCE)
    with pytest.raises(TooMuchDispensed):  # one fill at a time, whenever it is wanted
        check_fill(allowed, fills((0, 30)), Decimal(60), DAY, TOLERANCE)
    assert earliest_refill(allowed, fills((0, 30)), TOLERANCE) is None


@given(st.lists(st.integers(1, 40), max_size=20))
def test_never_more_than_authorised_is_handed_over(wanted):
    given_out = []
    for step, quantity in enumerate(wanted):
        today = DAY + timedelta(days=25 * step)
        try:
            check_fill(MONTHLY, given_out, Decimal(quantity), today, TOLERANCE)
        except (TooMuchDispensed, TooEarlyToRefill):
            continue
        given_out.append(Fill(today, Decimal(quantity)))
    assert 0 <= remaining(MONTHLY, given_out) <= 90
