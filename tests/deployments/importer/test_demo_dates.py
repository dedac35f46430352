"""The demo hospital moves in time as a whole."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deployments.importer.demo_dates import REFERENCE_DAY, as_of, moved, weeks_since_reference


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        (REFERENCE_DAY, 0),
        (date(2026, 7, 12), 0),
        (date(2026, 7, 13), 1),
        (date(2026, 7, 5), -1),
        (date(2027, 7, 5), 52),
    ],
)
def test_weeks_begin_on_monday(today: date, weeks: int) -> None:
    assert weeks_since_reference(today) == weeks


def test_dates_move_by_whole_weeks_and_nothing_else_does() -> None:
    resource = {
        "birthDate": "2020-02-26",
        "period": {"start": "2026-07-06T07:30:00+07:00", "end": "2026-07-06T01:00:00.5Z"},
        "list": ["2026-07-06", "2026-07", "2026", "2026-07-06 and more", 2026, True, None],
        "time": "07:30:00",
        "value": "1234-56-789",
    }

    assert moved(resource, timedelta(weeks=2)) == {
        "birthDate": "2020-03-11",
        "period": {"start": "2026-07-20T07:30:00+07:00", "end": "2026-07-20T01:00:00.500000+00:00"},
        "list": ["2026-07-20", "2026-07", "2026", "2026-07-06 and more", 2026, True, None],
        "time": "07:30:00",
        "value": "1234-56-789",
    }
    assert moved(resource, timedelta(0)) == resource


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(2026, 7, 6, 2, 29, tzinfo=UTC), "booked"),
        (datetime(2026, 7, 6, 2, 30, tzinfo=UTC), "fulfilled"),
        (datetime(2026, 7, 12, 16, 59, tzinfo=UTC), "fulfilled"),
        (datetime(2026, 7, 12, 17, 0, tzinfo=UTC), "booked"),  # Monday has begun in Viet Nam
    ],
)
def test_visits_of_this_week_that_are_over_took_place(now: datetime, status: str) -> None:
    visit = {
        "resourceType": "Appointment",
        "status": "booked",
        "end": "2026-07-06T09:30:00+07:00",
    }

    assert as_of(visit, now)["status"] == status
    assert as_of({**visit, "status": "cancelled"}, now)["status"] == "cancelled"
