"""One-use tickets for live connections; only their hashes are stored."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from storage.notifications.tables import WsTicket

SWEPT: Final = 100


def save(
    connection: Connection, hash_: bytes, principal: dict[str, Any], now: datetime, until: datetime
) -> None:
    """Stores a ticket, and forgets some of those that nobody used in time."""
    unused = select(WsTicket.hash).where(WsTicket.expires_at <= now).limit(SWEPT)
    connection.execute(
        delete(WsTicket).where(WsTicket.hash.in_(unused.with_for_update(skip_locked=True)))
    )
    connection.execute(insert(WsTicket).values(hash=hash_, principal=principal, expires_at=until))


def take(connection: Connection, hash_: bytes, now: datetime) -> dict[str, Any] | None:
    """Whom the ticket lets in, once; None when it is unknown, used or expired."""
    return connection.execute(
        delete(WsTicket)
        .where(WsTicket.hash == hash_, WsTicket.expires_at > now)
        .returning(WsTicket.principal)
    ).scalar()
