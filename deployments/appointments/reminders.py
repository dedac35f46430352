"""When a patient is reminded of a visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class ReminderKind(StrEnum):
    """How long before the visit."""

    DAY_BEFORE = "24h"
    HOURS_BEFORE = "2h"


class ReminderStatus(StrEnum):
    """What became of a reminder; skipped ones were not worth sending any more."""

    SCHEDULED = "scheduled"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


LEAD: Final = {
    ReminderKind.DAY_BEFORE: timedelta(hours=24),
    ReminderKind.HOURS_BEFORE: timedelta(hours=2),
}


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """One reminder and when it is due."""

    kind: ReminderKind
    due_at: datetime


def plan(start: datetime, now: datetime) -> list[PlannedReminder]:
    """The reminders of a visit that are still to come; a visit within two hours has none."""
    planned = (PlannedReminder(kind, start - lead) for kind, lead in LEAD.items())
    return [reminder for reminder in planned if reminder.due_at > now]


def is_worth_sending(kind: ReminderKind, start: datetime, now: datetime) -> bool:
    """Whether a late reminder still helps: not once the next one is due or the visit began."""
    return now < start - max(_shorter(kind), default=timedelta(0))


def _shorter(kind: ReminderKind) -> Iterator[timedelta]:
    return (lead for lead in LEAD.values() if lead < LEAD[kind])
