"""The base of everything that crosses a service's border, and field types with bounds."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

EARLIEST_YEAR = 1900
LATEST_YEAR = 2199


class Schema(BaseModel):
    """Frozen; unknown fields are refused; text is stripped of outer white space."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _to_utc(value: datetime) -> datetime:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"the year is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    return value.astimezone(UTC)


def _sensible_day(value: date) -> date:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"the year is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    return value


@cache
def _zones() -> set[str]:
    """Looked up once: it walks through a folder tree."""
    return available_timezones()


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("not a name of the IANA time zone database")
    return value


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment with a zone; kept and answered in UTC."""
Day = Annotated[date, AfterValidator(_sensible_day)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
TimeZoneName = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
Locale = Literal["en", "vi"]
Version = Annotated[int, Field(ge=1)]
