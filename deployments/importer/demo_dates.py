"""Moves the demo hospital in time, so that its visits lie around the day on which it is loaded."""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

REFERENCE_DAY: Final = date(2026, 7, 6)
"""The Monday that was "this week" when the data files were made."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


_HOSPITAL: Final = timezone(timedelta(hours=7))


def as_of(resource: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A resource of the demo hospital as it would be now: in this week, past visits over."""
    weeks = weeks_since_reference(now.astimezone(_HOSPITAL).date())
    current: dict[str, Any] = moved(resource, timedelta(weeks=weeks))
    if current.get("resourceType") == "Appointment" and current["status"] == "booked":
        over = datetime.fromisoformat(current["end"]) <= now
        return {**current, "status": "fulfilled" if over else "booked"}
    return current


def weeks_since_reference(today: date) -> int:
    """Whole weeks from the reference week to the week of `today`."""
    return (today - REFERENCE_DAY).days // 7


def moved(value: Any, by: timedelta) -> Any:
    """The JSON value with every full date and instant in it moved.

    Moved by whole weeks, visits stay on their doctors' grid, and charts stay true to age, because
    birth dates move too.
    """
    if isinstance(value, dict):
        return {key: moved(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, by) for inner in value]
    if by and isinstance(value, str):
        return _moved_text(value, by)
    return value


def _moved_text(text: str, by: timedelta) -> str:
    if _DAY.fullmatch(text):
        return (date.fromisoformat(text) + by).isoformat()
    if _INSTANT.fullmatch(text):
        return (datetime.fromisoformat(text) + by).isoformat()
    return text
