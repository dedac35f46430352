"""Decisions of telling: what is obsolete, when to try again, who is written to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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
