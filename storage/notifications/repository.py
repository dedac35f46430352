"""The inbox: what one person sees. Every query is filtered by the recipient."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine

from storage.notifications.tables import Inbox, Notification

SHOWN: Final = (
    Notification.id,
    Notification.recipient_id,
    Notification.number,
    Notification.workflow,
    Notification.locale,
    Notification.title,
    Notification.body,
    Notification.data,
    Notification.created_at,
    Notification.read_at,
    Notification.archived_at,
)


def visible_to(recipient_id: UUID) -> ColumnElement[bool]:
    """The one access filter of this service: in the recipient's own inbox."""
    return (Notification.recipient_id == recipient_id) & Notification.number.is_not(None)


def list_inbox(
    connection: Connection, recipient_id: UUID, *, below: int | None, unread: bool, limit: int
) -> Sequence[Row[Any]]:
    """Newest first, without what is archived; `below` is the last number of the page before."""
    query = select(*SHOWN).where(visible_to(recipient_id), Notification.archived_at.is_(None))
    if below is not None:
        query = query.where(Notification.number < below)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    return connection.execute(query.order_by(Notification.number.desc()).limit(limit)).all()


def find(connection: Connection, recipient_id: UUID, notification_id: UUID) -> Row[Any] | None:
    """The notification, if it is the recipient's."""
    return connection.execute(
        select(*SHOWN).where(visible_to(recipient_id), Notification.id == notification_id)
    ).first()


def counters(connection: Connection, recipient_id: UUID) -> tuple[int, int]:
    """Unread count and last number; zeros for who was never told anything."""
    row = connection.execute(
        select(Inbox.unread, Inbox.last_number).where(Inbox.recipient_id == recipient_id)
    ).first()
    return (row.unread, row.last_number) if row else (0, 0)


def mark_read(
    connection: Connection, recipient_id: UUID, at: datetime, notification_id: UUID | None = None
) -> int:
    """Marks one notification, or all, as read and lowers the counter by what it changed."""
    statement = update(Notification).where(visible_to(recipient_id), Notification.read_at.is_(None))
    if notification_id is not None:
        statement = statement.where(Notification.id == notification_id)
    changed = connection.execute(statement.values(read_at=at)).rowcount
    if changed:
        connection.execute(
            update(Inbox)
            .where(Inbox.recipient_id == recipient_id)
            .values(unread=Inbox.unread - changed)
        )
    return changed


def archive(
    connection: Connection, recipient_id: UUID, at: datetime, notification_id: UUID
) -> None:
    """Puts a notification away and marks it as read; keeps the time of the first call."""
    mark_read(connection, recipient_id, at, notification_id)
    connection.execute(
        update(Notification)
        .where(
            visible_to(recipient_id),
            Notification.id == notification_id,
            Notification.archived_at.is_(None),
        )
        .values(archived_at=at)
    )


def counters_of(connection: Connection, recipients: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Unread count and last number of each recipient, in one statement."""
    rows = connection.execute(
        select(Inbox.recipient_id, Inbox.unread, Inbox.last_number).where(
            Inbox.recipient_id == any_(_array(recipients, Uuid()))
        )
    )
    return {row.recipient_id: (row.unread, row.last_number) for row in rows}


def newer_than(
    connection: Connection, positions: Sequence[tuple[UUID, int]], limit: int
) -> Sequence[Row[Any]]:
    """For each (recipient, number) up to `limit` notifications above the number, in order.

    `after` in a row says which position it belongs to. Archived ones are included: the live
    stream has no gaps.
    """
    pairs = func.unnest(
        _array([recipient_id for recipient_id, _ in positions], Uuid()),
        _array([number for _, number in positions], BigInteger()),
    )
    wanted = pairs.table_valued(
        column("recipient_id", Uuid), column("after", BigInteger), name="wanted"
    ).render_derived()
    page = (
        select(*SHOWN)
        .where(
            Notification.recipient_id == wanted.c.recipient_id,
            Notification.number > wanted.c.after,
        )
        .order_by(Notification.number)
        .limit(limit)
        .lateral("page")
    )
    return connection.execute(
        select(wanted.c.after, *page.c).select_from(wanted).join(page, true())
    ).all()


def _array(values: Sequence[Any], of: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(bindparam(None, list(values), type_=ARRAY(of)), ARRAY(of))
