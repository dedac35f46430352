"""Pages by position in a stable, unique order; never by offset."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from deployments.errors import Invalid
from deployments.schemas import Schema

T = TypeVar("T")
DEFAULT_LIMIT = 20
MOST = 100


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
    cursor: Annotated[str | None, Field(max_length=500)] = None


def encode_cursor(*position: object) -> str:
    """An opaque cursor for the position of the last item on a page."""
    text = json.dumps([str(value) for value in position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: Callable[[str], Any]) -> tuple[Any, ...]:
    """The position inside, each part made by its type (`datetime.fromisoformat`, `UUID`, ...).

    Raises:
        InvalidCursor: it was not made by `encode_cursor` with parts of these types.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(make(part) for make, part in zip(types, parts, strict=True))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise InvalidCursor("use next_cursor of the previous page, unchanged") from error


def page_of(rows: Sequence[T], limit: int, position: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page from up to `limit + 1` rows, in order: one row more than shown means there is more."""
    shown = list(rows[:limit])
    more = len(rows) > limit
    return Page[T](items=shown, next_cursor=encode_cursor(*position(shown[-1])) if more else None)
