"""The rules of telling, on plain values."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.laboratory.events import SpecimenRejected
from deployments.notifications.rules import (
    ATTEMPTS,
    LONGEST_WAIT,
    Visit,
    is_dead,
    wait_before_retry,
    why_obsolete,
)
from deployments.notifications.workflows import WORKFLOWS
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


@pytest.mark.parametrize("again", [uuid4(), None])
def test_a_patient_is_asked_to_come_again_only_when_something_waits(again):
    lost = SpecimenRejected(
        occurred_at=MONDAY, order_id=uuid4(), patient_id=uuid4(), practitioner_id=uuid4(),
        encounter_id=None, version=1, specimen_id=uuid4(), reason="leaked", items=[],
        recollection_specimen_id=again,
    )  # fmt: skip
    asked = WORKFLOWS["laboratory.specimen_rejected.patient"].applies(lost)
    assert asked == (again is not None)
    assert WORKFLOWS["laboratory.specimen_rejected.practitioner"].applies(lost)
