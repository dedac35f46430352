"""Slots from rules: tables for the days when clocks change, properties for everything else."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.appointments.availability import (
    Effect,
    Hours,
    Interval,
    Ranges,
    Visit,
    find_slot,
    free_slots,
    opening,
    to_utc,
)

HALF_HOUR = Visit(timedelta(minutes=30))


def hours(day, start, end, zone, *, step=30, effect=Effect.OPEN, weekday=None, until="same"):
    return Hours(
        effect=effect,
        weekday=weekday,
        valid_from=day,
        valid_until=day if until == "same" else until,
        start=start,
        end=end,
        time_zone=zone,
        slot_minutes=step,
    )


def whole(day, days=1):
    start = datetime.combine(day, time(0), UTC) - timedelta(days=1)
    return Interval(start, start + timedelta(days=days + 2))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Asia/Ho_Chi_Minh", "2026-03-29T02:30", "2026-03-28T19:30"),
        ("Europe/Paris", "2026-03-29T01:59", "2026-03-29T00:59"),
        ("Europe/Paris", "2026-03-29T02:00", "2026-03-29T01:00"),
        ("Europe/Paris", "2026-03-29T02:30", "2026-03-29T01:00"),
        ("Europe/Paris", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Paris", "2026-10-25T02:30", "2026-10-25T00:30"),
        ("Europe/Paris", "2026-10-25T03:00", "2026-10-25T02:00"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),
    ],
)
def test_wall_time_is_the_first_moment_the_clock_shows_or_jumps_over_it(zone, wall, moment):
    assert to_utc(datetime.fromisoformat(wall), zone) == utc(moment)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Asia/Ho_Chi_Minh", date(2026, 3, 29), ["17:00", "18:00", "19:00", "20:00", "21:00"]),
        ("Europe/Paris", date(2026, 3, 28), ["23:00", "00:00", "01:00", "02:00", "03:00"]),
        ("Europe/Paris", date(2026, 3, 29), ["23:00", "00:00", "01:00", "02:00"]),
        (
            "Europe/Paris",
            date(2026, 10, 25),
            ["22:00", "23:00", "00:00", "01:00", "02:00", "03:00"],
        ),
        ("America/New_York", date(2026, 3, 8), ["05:00", "06:00", "07:00", "08:00"]),
        (
            "America/New_York",
            date(2026, 11, 1),
            ["04:00", "05:00", "06:00", "07:00", "08:00", "09:00"],
        ),
    ],
)
def test_night_hours_lose_a_slot_in_the_gap_and_win_one_in_the_fold(zone, day, expected):
    rule = hours(day, time(0), time(5), zone, step=60)
    slots = free_slots([rule], Visit(timedelta(hours=1)), whole(day))
    assert [slot.start.strftime("%H:%M") for slot in slots] == expected


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25)])
def test_afternoon_hours_stay_on_the_wall_clock_when_clocks_change(zone, day):
    rule = hours(day, time(13), time(15), zone)
    local = [
        slot.start.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        for slot in free_slots([rule], HALF_HOUR, whole(day))
    ]
    assert local == ["13:00", "13:30", "14:00", "14:30"]


def test_rules_that_meet_on_the_wall_clock_meet_in_real_time_in_gap_and_fold():
    for day, zone in ((date(2026, 3, 29), "Europe/Paris"), (date(2026, 11, 1), "America/New_York")):
        for minute in (time(1, 30), time(2, 30)):
            first = opening(hours(day, time(0), minute, zone), day).interval
            second = opening(hours(day, minute, time(6), zone), day).interval
            assert first.end == second.start


def test_hours_over_midnight_belong_to_the_date_they_begin_on():
    friday = date(2026, 6, 5)
    rule = hours(friday, time(22), time(1), "Asia/Ho_Chi_Minh", step=60, weekday=5)
    starts = [slot.start for slot in free_slots([rule], HALF_HOUR, whole(friday, 3))]
    assert starts == [utc("2026-06-05T15:00"), utc("2026-06-05T16:00"), utc("2026-06-05T17:00")]


def test_midnight_as_end_means_the_end_of_the_day():
    day = date(2026, 6, 5)
    rule = hours(day, time(23), time(0), "Asia/Ho_Chi_Minh")
    assert len(free_slots([rule], HALF_HOUR, whole(day))) == 2


def test_weekly_hours_apply_from_first_to_last_valid_date():
    monday = date(2026, 6, 1)
    rule = hours(monday, time(8), time(9), "UTC", weekday=1, until=date(2026, 6, 14), step=60)
    starts = [slot.start.date() for slot in free_slots([rule], HALF_HOUR, whole(monday, 40))]
    assert starts == [monday, date(2026, 6, 8)]


def test_a_closed_date_takes_the_week_away_and_extra_hours_add_to_it():
    monday = date(2026, 6, 1)
    week = hours(monday, time(8), time(9), "UTC", weekday=1, until=None)
    closed = hours(monday, time(0), time(0), "UTC", effect=Effect.CLOSED)
    extra = hours(date(2026, 6, 2), time(10), time(11), "UTC")
    starts = [slot.start for slot in free_slots([week, closed, extra], HALF_HOUR, whole(monday, 2))]
    assert starts == [utc("2026-06-02T10:00"), utc("2026-06-02T10:30")]


def test_buffers_keep_clear_of_taken_time_but_may_reach_over_closing_time():
    day = date(2026, 6, 1)
    visit = Visit(timedelta(minutes=20), timedelta(minutes=5), timedelta(minutes=10))
    rule = hours(day, time(8), time(9), "UTC", step=20)
    taken = [visit.occupied(utc("2026-06-01T08:00"))]
    starts = [slot.start for slot in free_slots([rule], visit, whole(day), taken=taken)]
    assert starts == [utc("2026-06-01T08:40")]


def test_a_start_between_the_grid_or_in_leave_is_no_slot():
    day = date(2026, 6, 1)
    rule = hours(day, time(8), time(9), "UTC")
    start = utc("2026-06-01T08:30")
    assert find_slot([rule], HALF_HOUR, start) is not None
    assert find_slot([rule], HALF_HOUR, start + timedelta(minutes=1)) is None
    assert find_slot([rule], Visit(timedelta(minutes=31)), start) is None
    leave = [Interval(utc("2026-06-01T08:59"), utc("2026-06-02T00:00"))]
    free = free_slots([rule], HALF_HOUR, whole(day), closed=leave)
    assert [slot.start for slot in free] == [utc("2026-06-01T08:00")]


ZONES = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]
)
DAYS = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 6, 5), date(2026, 10, 25), date(2026, 11, 1)]
)
WALL = st.times().map(lambda value: value.replace(second=0, microsecond=0))
RULES = st.builds(
    lambda day, start, end, zone, step, effect: hours(
        day, start, end, zone, step=step, effect=effect
    ),
    DAYS,
    WALL,
    WALL,
    ZONES,
    st.integers(5, 180),
    st.sampled_from([Effect.OPEN, Effect.OPEN, Effect.CLOSED]),
)
MINUTES = st.integers(0, 90).map(lambda count: timedelta(minutes=count))
VISITS = st.builds(Visit, st.integers(5, 180).map(lambda m: timedelta(minutes=m)), MINUTES, MINUTES)
TAKEN = st.builds(
    lambda day, minute, length: Interval(
        datetime.combine(day, time(0), UTC) + timedelta(minutes=minute),
        datetime.combine(day, time(0), UTC) + timedelta(minutes=minute + length),
    ),
    DAYS,
    st.integers(-720, 2160),
    st.integers(1, 600),
)


@given(
    st.lists(RULES, max_size=4), VISITS, st.lists(TAKEN, max_size=8), st.lists(TAKEN, max_size=2)
)
def test_slots_are_inside_hours_on_the_grid_and_clear_of_everything(rules, visit, taken, leave):
    window = Interval(utc("2026-03-07T00:00"), utc("2026-11-03T00:00"))
    slots = free_slots(rules, visit, window, closed=leave, taken=taken)
    starts = [slot.start for slot in slots]
    assert starts == sorted(set(starts))
    for slot in slots:
        own = Interval(slot.start, slot.end)
        assert slot.end - slot.start == visit.duration
        assert window.start <= slot.start < window.end
        assert any(_offered_by(rule, own) for rule in rules if rule.effect is Effect.OPEN)
        assert not any(visit.occupied(slot.start).overlaps(one) for one in taken)
        assert not any(own.overlaps(one) for one in leave)
        for rule in rules:
            if rule.effect is Effect.CLOSED:
                assert not own.overlaps(opening(rule, rule.valid_from).interval)
        assert find_slot(rules, visit, slot.start) is not None


def _offered_by(rule, interval):
    day = opening(rule, rule.valid_from)
    if not day.interval.contains(interval):
        return False
    local = interval.start.astimezone(ZoneInfo(rule.time_zone)).replace(tzinfo=None)
    since = local - datetime.combine(rule.valid_from, rule.start)
    return since % timedelta(minutes=rule.slot_minutes) == timedelta(0)


@given(st.lists(RULES, min_size=1, max_size=3), VISITS, st.integers(1, 72))
def test_windows_side_by_side_find_what_one_window_finds(rules, visit, split_hours):
    start, end = utc("2026-10-24T00:00"), utc("2026-10-27T00:00")
    middle = start + timedelta(hours=min(split_hours, 71))
    parts = [Interval(start, middle), Interval(middle, end)]
    together = [slot for part in parts for slot in free_slots(rules, visit, part)]
    assert together == free_slots(rules, visit, Interval(start, end))


@given(st.lists(TAKEN, max_size=8), TAKEN)
def test_merged_ranges_overlap_what_any_of_them_overlaps(intervals, probe):
    assert Ranges(intervals).overlap(probe) == any(one.overlaps(probe) for one in intervals)
