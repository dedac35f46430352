"""Messages of analyzers as they came: kept before they are answered, counted when they repeat."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.laboratory.tables import MESSAGES

_ACCEPTED: Final = text("acknowledgement = 'AA'")


def keep_good(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Keeps a message that is taken; one with its number that is there only counts up.

    The row tells which it is: a new one has not repeated, and another digest means that the
    sender used a number twice.
    """
    new = upsert(MESSAGES).values(**values, acknowledgement="AA", repeats=0)
    kept = new.on_conflict_do_update(
        index_elements=["sender", "control_id"],
        index_where=_ACCEPTED,
        set_={"repeats": MESSAGES.c.repeats + 1},
    ).returning(MESSAGES)
    return connection.execute(kept).one()


def keep_bad(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keeps a message that is not taken, with the reason."""
    connection.execute(insert(MESSAGES).values(**values, repeats=0, status="refused"))


def find(connection: Connection, message_id: UUID) -> Row[Any] | None:
    """One message."""
    query = select(MESSAGES).where(MESSAGES.c.id == message_id)
    return connection.execute(query).one_or_none()


def settle(connection: Connection, message_id: UUID, status: str) -> None:
    """Says what became of its values."""
    connection.execute(update(MESSAGES).where(MESSAGES.c.id == message_id).values(status=status))


def list_page(
    connection: Connection, status: str | None, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Messages, newest first."""
    query = select(MESSAGES).order_by(MESSAGES.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(MESSAGES.c.status == status)
    if before is not None:
        query = query.where(MESSAGES.c.id < before)
    return connection.execute(query).all()
