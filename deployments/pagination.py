"""Pages by position in a stable, unique order; never by offset."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, StringConstraints, TypeAdapter

from deployments.errors import Invalid
from deployments.schemas import Schema

T = TypeVar("T")
DEFAULT_LIMIT = 20
MOST = 100
LONGEST_CURSOR = 2400
"""A name of 401 characters of four bytes and an id, in base64."""


PARTS = TypeAdapter(list[Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]])


class InvalidCursor(Invalid):
    """The cursor was not given out by this route."""

    code = "invalid_cursor"
    title = "Unknown cursor"


class Page(Schema, Generic[T]):
    """Some items, and where the next ones begin; `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


class PageRequest(Schema):
    """Which page is wanted."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=LONGEST_CURSOR)] = None


def encode_cursor(*position: object) -> str:
    """An opaque cursor for the position of the last item on a page."""
    parts = [str(value) for value in position]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: Callable[[str], Any]) -> tuple[Any, ...]:
    """The position inside, each part made by its type (`datetime.fromisoformat`, `UUID`, ...).

    Raises:
        InvalidCursor: it was not made by `encode_cursor` with parts of these types.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = PARTS.validate_json(text)
        return tuple(_placed(make(part)) for make, part in zip(types, parts, strict=True))
    except (ValueError, ArithmeticError) as error:
        raise InvalidCursor("use next_cursor of the previous page, unchanged") from error


def _placed(value: Any) -> Any:
    """Moments in UTC: PostgreSQL refuses offsets of 16 hours and more, Python does not."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def page_of(rows: Sequence[T], limit: int, position: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page from up to `limit + 1` rows, in order: one row more than shown means there is more."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page[T](items=shown, next_cursor=encode_cursor(*position(shown[-1])) if more else None)
