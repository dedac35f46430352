"""The rules of telling, on plain values."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.notifications.rules import (
    ATTEMPTS,
    LONGEST_WAIT,
    Visit,
    is_dead,
    wait_before_retry,
    why_obsolete,
)
from tests.factories.notifications import MONDAY

SOON, NOW, PAST = MONDAY + timedelta(hours=1), MONDAY, MONDAY - timedelta(hours=1)


@pytest.mark.parametrize(
    ("version", "known", "reminds", "expected"),
    [
        (1, Visit(1, "booked", SOON), False, None),
        (1, Visit(2, "booked", SOON), False, "superseded"),
        (1, Visit(2, "cancelled", SOON), False, "cancelled"),
        (2, Visit(2, "cancelled", SOON), False, None),
        (1, Visit(1, "booked", SOON), True, None),
        (1, Visit(1, "booked", NOW), True, "visit_began"),
        (1, Visit(1, "booked", PAST), True, "visit_began"),
        (1, Visit(1, "booked", PAST), False, None),
        (1, Visit(2, "cancelled", SOON), True, "cancelled"),
        (3, Visit(2, "booked", SOON), True, None),
    ],
)
def test_why_obsolete(version, known, reminds, expected):
    assert why_obsolete(version, known, reminds=reminds, now=NOW) == expected


@given(st.integers(1, ATTEMPTS + 50), st.floats(0, 1))
def test_waits_grow_and_stay_bounded(attempts, jitter):
    wait = wait_before_retry(attempts, jitter)
    assert timedelta(seconds=3) <= wait <= LONGEST_WAIT * 1.25
    assert wait_before_retry(attempts + 1, jitter) >= wait


def test_dead_after_the_last_attempt():
    assert not is_dead(ATTEMPTS - 1)
    assert is_dead(ATTEMPTS)
