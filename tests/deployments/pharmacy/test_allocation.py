"""First expired, first out, whatever lies where."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.pharmacy.allocation import BatchStatus, Lot, allocate, is_usable
from deployments.pharmacy.stock_errors import OutOfStock

TODAY = date(2026, 11, 23)

lots_of = st.lists(
    st.builds(
        Lot,
        batch_id=st.integers(1, 2**64).map(lambda number: UUID(int=number)),
        expires_on=st.integers(-30, 400).map(lambda days: TODAY + timedelta(days=days)),
        quantity=st.integers(0, 50).map(Decimal),
        status=st.sampled_from(BatchStatus),
    ),
    max_size=12,
    unique_by=lambda lot: lot.batch_id,
)


def usable(lots):
    return [lot for lot in lots if is_usable(lot.status, lot.expires_on, TODAY)]


@given(lots_of, st.integers(1, 200).map(Decimal))
def test_all_or_nothing_from_usable_lots_that_expire_first(lots, wanted):
    held = {lot.batch_id: lot for lot in lots}
    if sum(lot.quantity for lot in usable(lots)) < wanted:
        with pytest.raises(OutOfStock):
            allocate(lots, wanted, TODAY)
        return
    portions = allocate(lots, wanted, TODAY)
    assert sum(portion.quantity for portion in portions) == wanted
    taken = {portion.batch_id: portion.quantity for portion in portions}
    assert len(taken) == len(portions)
    for batch_id, quantity in taken.items():
        assert held[batch_id] in usable(lots)
        assert 0 < quantity <= held[batch_id].quantity
    last = max(held[batch_id].expires_on for batch_id in taken)
    for lot in usable(lots):
        if lot.expires_on < last:
            assert taken.get(lot.batch_id, 0) == lot.quantity


@given(lots_of, st.integers(1, 200).map(Decimal), st.randoms())
def test_the_order_in_which_lots_are_listed_does_not_matter(lots, wanted, dice):
    mixed = list(lots)
    dice.shuffle(mixed)

    def outcome(given_lots):
        try:
            return allocate(given_lots, wanted, TODAY)
        except OutOfStock as refused:
            return refused.detail

    assert outcome(mixed) == outcome(lots)


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        (BatchStatus.AVAILABLE, 0, True),
        (BatchStatus.AVAILABLE, -1, False),
        (BatchStatus.AVAILABLE, 1, True),
        (BatchStatus.QUARANTINED, 1, False),
        (BatchStatus.RECALLED, 1, False),
    ],
)
def test_the_last_day_of_use_counts_in_full(status, days, expected):
    assert is_usable(status, TODAY + timedelta(days=days), TODAY) is expected
