"""Keeps the end of each service's audit chain; it only ever moves on."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from storage.seals import EMPTY, Head
from storage.users.tables import AuditAnchor

_INSERT: Final = insert(AuditAnchor)
KEEP: Final = _INSERT.on_conflict_do_update(
    index_elements=["service"],
    set_={name: _INSERT.excluded[name] for name in ("position", "seal", "anchored_at")},
    where=AuditAnchor.position < _INSERT.excluded.position,
)


def keep(connection: Connection, service: str, head: Head, now: datetime) -> None:
    """Remembers the end, unless a later one is known."""
    values = {"service": service, "position": head.position, "seal": head.seal}
    connection.execute(KEEP, [values | {"anchored_at": now}])


def find(connection: Connection, service: str) -> Head:
    """The end that was last remembered; the empty chain when there was none."""
    wanted = select(AuditAnchor.position, AuditAnchor.seal).where(AuditAnchor.service == service)
    row = connection.execute(wanted).one_or_none()
    return Head(row.position, bytes(row.seal)) if row else EMPTY
