"""Decisions of telling: who wants it, what is obsolete, when it is time, when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ATTEMPTS: Final = 14
"""Tries before a delivery is dead: about four hours and a half of waiting in all."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Visit:
    """What is known of a visit: the newest version heard of."""

    version: int
    status: str
    start: datetime


def why_obsolete(version: int, known: Visit, *, reminds: bool, now: datetime) -> str | None:
    """Why a message about `version` of a visit must not be told any more, or None.

    Args:
        version: of the visit when the message was caused.
        known: the newest that is known now.
        reminds: whether the message only makes sense before the visit.
        now: the moment of telling.
    """
    if known.version > version:
        return "cancelled" if known.status == "cancelled" else "superseded"
    if reminds and known.start <= now:
        return "visit_began"
    return None


def wait_before_retry(attempts: int, jitter: float) -> timedelta:
    """How long to wait after `attempts` failures: doubling from 5 s, at most 1 h.

    Args:
        attempts: failures so far, 1 or more.
        jitter: 0 to 1; spreads the waits between 75 % and 125 %.
    """
    doublings = min(attempts - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) * (0.75 + jitter / 2)


def is_dead(attempts: int) -> bool:
    """Whether a delivery that failed `attempts` times is given up."""
    return attempts >= ATTEMPTS


def is_wanted(
    wishes: Mapping[tuple[str, str], bool], workflow: str, channel: str, *, default: bool
) -> bool:
    """Whether somebody wants to be told: of this workflow, else by this channel, else `default`.

    Args:
        wishes: by workflow (empty for all) and channel.
        workflow: its name.
        channel: by which it would be told.
        default: what the workflow itself says.
    """
    every = wishes.get(("", channel), default)
    return wishes.get((workflow, channel), every)


def quiet_until(now: datetime, quiet: tuple[time, time] | None, zone: str) -> datetime | None:
    """The end of the quiet hours that `now` lies in, UTC; None when it lies in none.

    Args:
        now: aware.
        quiet: begin and end by the clock on the wall; an end before the begin is the next day's.
        zone: where the wall is.
    """
    if quiet is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    begins, ends = quiet
    clock = local.time().replace(tzinfo=None)
    overnight = ends < begins
    inside = clock >= begins or clock < ends if overnight else begins <= clock < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if overnight and clock >= begins else 0)
    end = datetime.combine(day, ends, ZoneInfo(zone))
    if end.astimezone(UTC) <= now:  # the hour that comes twice when summer time ends
        end = end.replace(fold=1)
    return end.astimezone(UTC)
