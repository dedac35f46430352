"""The rules of telling, on plain values."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.laboratory.events import SpecimenRejected
from deployments.notifications.rules import (
    ATTEMPTS,
    LONGEST_WAIT,
    Visit,
    is_dead,
    is_wanted,
    quiet_until,
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


@pytest.mark.parametrize(
    ("wishes", "default", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({("", "sms"): False}, True, False),
        ({("", "sms"): True}, False, True),
        ({("", "sms"): False, ("a", "sms"): True}, True, True),
        ({("", "sms"): True, ("a", "sms"): False}, True, False),
        ({("b", "sms"): False, ("a", "email"): False}, True, True),
    ],
)
def test_the_nearest_wish_counts(wishes, default, expected):
    assert is_wanted(wishes, "a", "sms", default=default) is expected


YEAR = datetime(2026, 1, 1)  # noqa: DTZ001  # hypothesis adds the zone
NIGHT, NOON = (time(22), time(7)), (time(12), time(13, 30))


@pytest.mark.parametrize(
    ("at", "quiet", "zone", "ends"),
    [
        ("2026-11-23T14:59:00", NIGHT, "Asia/Ho_Chi_Minh", None),
        ("2026-11-23T15:00:00", NIGHT, "Asia/Ho_Chi_Minh", "2026-11-24T00:00:00"),
        ("2026-11-23T23:59:59", NIGHT, "Asia/Ho_Chi_Minh", "2026-11-24T00:00:00"),
        ("2026-11-24T00:00:00", NIGHT, "Asia/Ho_Chi_Minh", None),
        ("2026-11-23T15:00:00", NIGHT, "Europe/Paris", None),
        ("2026-11-23T05:30:00", NOON, "Asia/Ho_Chi_Minh", "2026-11-23T06:30:00"),
        ("2026-11-23T06:30:00", NOON, "Asia/Ho_Chi_Minh", None),
        ("2026-11-23T15:00:00", None, "Asia/Ho_Chi_Minh", None),
    ],
)
def test_quiet_hours_are_the_readers(at, quiet, zone, ends):
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    wanted = ends and datetime.fromisoformat(ends).replace(tzinfo=UTC)
    assert quiet_until(now, quiet, zone) == wanted


@given(
    st.datetimes(YEAR, YEAR.replace(year=2028), timezones=st.just(UTC)),
    st.times(),
    st.times(),
    st.sampled_from(
        ["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]
    ),
)
def test_quiet_hours_always_end_after_now_and_within_a_day(now, begins, ends, zone):
    end = quiet_until(now, (begins, ends), zone)
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
        local = end.astimezone(ZoneInfo(zone))
        assert quiet_until(end, (begins, ends), zone) is None or local.fold or begins == ends
