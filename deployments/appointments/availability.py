"""When a doctor can be booked: weekly hours in a named zone, exceptions, leave, taken time.

Local rules meet real time here and nowhere else. Hours and the grid of starts are read off the
wall clock of the rule's zone, so 13:00 stays 13:00 on the days when clocks change: a wall time
that the clock skips (gap) has no slot, one that it shows twice (fold) has two. Hours that begin
or end in a gap do so when the clock jumps; in a fold, when the time is shown first. So rules
that meet on the wall clock meet in real time. All instants are UTC, all ranges half-open.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
MOMENT: Final = timedelta(microseconds=1)
CACHED_DAYS: Final = 4096


class Effect(StrEnum):
    """Whether a rule adds time or takes it away."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open range of instants, UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share a moment."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        """Whether the other lies inside."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """One rule about one doctor's time.

    Attributes:
        effect: opens or closes.
        weekday: ISO weekday, Monday is 1; None for every day from `valid_from` to `valid_until`.
        valid_from: first local date.
        valid_until: last local date; None for ever.
        start: local time.
        end: local time; at or before `start` it is on the next day, so 00:00 is midnight.
        time_zone: IANA name.
        slot_minutes: visits begin this many minutes apart, counted from `start`.
    """

    effect: Effect
    weekday: int | None
    valid_from: date
    valid_until: date | None
    start: time
    end: time
    time_zone: str
    slot_minutes: int
    location_id: UUID | None = None
    location_name: str | None = None

    def applies_on(self, day: date) -> bool:
        """Whether the rule speaks about the local date."""
        return (
            self.weekday in {None, day.isoweekday()}
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )

    def days(self, window: Interval) -> Iterator[date]:
        """Local dates whose hours may touch the window, the night before included."""
        zone = ZoneInfo(self.time_zone)
        day = window.start.astimezone(zone).date() - DAY
        last = window.end.astimezone(zone).date()
        while day <= last:
            if self.applies_on(day):
                yield day
            day += DAY


@dataclass(frozen=True, slots=True)
class Visit:
    """How long a visit takes, and what it needs around it."""

    duration: timedelta
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)

    def at(self, start: datetime) -> Interval:
        """The visit itself."""
        return Interval(start, start + self.duration)

    def occupied(self, start: datetime) -> Interval:
        """The doctor's time that it takes, buffers included."""
        return Interval(start - self.buffer_before, start + self.duration + self.buffer_after)


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time, and where."""

    start: datetime
    end: datetime
    location_id: UUID | None = None
    location_name: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """One rule on one local date, in real time.

    Attributes:
        interval: from open to closed.
        starts: when visits may begin, ascending.
    """

    interval: Interval
    starts: tuple[datetime, ...]


class Ranges:
    """Intervals merged into disjoint ones, so that a question about overlap is a bisection."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for interval in sorted(intervals, key=lambda one: one.start):
            if self._ends and interval.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], interval.end)
            else:
                self._starts.append(interval.start)
                self._ends.append(interval.end)

    def overlap(self, interval: Interval) -> bool:
        """Whether one of them shares a moment with the interval."""
        following = bisect_right(self._ends, interval.start)
        return following < len(self._starts) and self._starts[following] < interval.end


def free_slots(
    hours: Sequence[Hours],
    visit: Visit,
    window: Interval,
    *,
    closed: Iterable[Interval] = (),
    taken: Iterable[Interval] = (),
) -> list[Slot]:
    """Slots of one doctor that begin in the window, by start, each start once.

    Args:
        hours: the doctor's rules, opening and closing.
        visit: what is to be booked.
        window: where the slots begin.
        closed: leave; the visit itself keeps clear of it.
        taken: occupied time; the visit keeps clear of it with its buffers.
    """
    shut = Ranges([*closed, *_closures(hours, window, visit)])
    busy = Ranges(taken)
    found: dict[datetime, Slot] = {}
    for rule in hours:
        if rule.effect is Effect.OPEN:
            for start in _starts(rule, visit, window):
                if not (shut.overlap(visit.at(start)) or busy.overlap(visit.occupied(start))):
                    end = start + visit.duration
                    found[start] = Slot(start, end, rule.location_id, rule.location_name)
    return [found[start] for start in sorted(found)]


def find_slot(hours: Sequence[Hours], visit: Visit, start: datetime) -> Slot | None:
    """The slot that begins at `start`, whether or not somebody has it; None when none does."""
    slots = free_slots(hours, visit, Interval(start, start + MOMENT))
    return slots[0] if slots else None


def to_utc(wall: datetime, time_zone: str) -> datetime:
    """The first moment at which the zone's clock shows `wall`, or has jumped over it."""
    zone = ZoneInfo(time_zone)
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _shown(moment, zone) == wall:
        return moment
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


@lru_cache(maxsize=CACHED_DAYS)
def opening(rule: Hours, day: date) -> Opening:
    """The rule's hours and starts on a local date; the same for every search, so kept."""
    first = datetime.combine(day, rule.start)
    last = datetime.combine(day if rule.start < rule.end else day + DAY, rule.end)
    interval = Interval(to_utc(first, rule.time_zone), to_utc(last, rule.time_zone))
    step = timedelta(minutes=rule.slot_minutes)
    grid = (first + step * index for index in range(-(-(last - first) // step)))
    starts = sorted(moment for wall in grid for moment in _moments(wall, rule.time_zone))
    return Opening(interval, tuple(start for start in starts if interval.start <= start))


def _starts(rule: Hours, visit: Visit, window: Interval) -> Iterator[datetime]:
    """Where a visit may begin by this rule alone."""
    for day in rule.days(window):
        hours = opening(rule, day)
        low = bisect_left(hours.starts, window.start)
        high = bisect_left(hours.starts, min(window.end, hours.interval.end))
        for start in hours.starts[low:high]:
            if start + visit.duration <= hours.interval.end:
                yield start


def _closures(hours: Sequence[Hours], window: Interval, visit: Visit) -> Iterator[Interval]:
    """Real time that rules close, as far as a visit that begins in the window can reach."""
    reach = Interval(window.start, window.end + visit.duration)
    for rule in hours:
        if rule.effect is Effect.CLOSED:
            for day in rule.days(reach):
                yield opening(rule, day).interval


def _moments(wall: datetime, time_zone: str) -> Iterator[datetime]:
    """Every moment at which the zone's clock shows `wall`: one, none in a gap, two in a fold."""
    zone = ZoneInfo(time_zone)
    candidates = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return (moment for moment in candidates if _shown(moment, zone) == wall)


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clock shows."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second between the two at which the zone's clock jumps, by bisection."""
    offset = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
