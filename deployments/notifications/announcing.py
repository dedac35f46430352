"""Announcements: what an administrator says to many; `teller.py` tells it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.journal import audit_row
from deployments.notifications.endpoint_schemas import (
    Announcement,
    AnnouncementRequest,
    AnnouncementTexts,
)
from deployments.notifications.errors import AnnouncementNotFound
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage import audit
from storage.columns import new_id
from storage.database import Database
from storage.notifications import announcements


class AnnouncementService:
    """What administrators do with announcements.

    Args:
        database: the service's.
        made: wakes the teller of this replica.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        *,
        made: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._made = made
        self._clock = clock

    async def announce(self, caller: Principal, request: AnnouncementRequest) -> Announcement:
        """Says it, to whoever is of the audience while it is told."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        now = self._clock()
        values = {
            "id": new_id(),
            "audience": request.audience,
            "texts": request.texts.model_dump(),
            "status": "telling",
            "told": 0,
            "due_at": now,
            "created_by": caller.user_id,
            "created_at": now,
        }

        def work(connection: Connection) -> Announcement:
            row = announcements.add(connection, values)
            entry = audit_row(caller, "notifications.announce", "Announcement", row.id, now)
            audit.write_rows(connection, [entry])
            return _announcement(row)

        announcement = await self._database.transact(work)
        self._made()
        return announcement

    async def list_all(self, caller: Principal, page: PageRequest) -> Page[Announcement]:
        """Announcements, the latest first."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        below = decode_cursor(page.cursor, UUID)[0] if page.cursor else None
        rows = await self._database.read(
            lambda connection: announcements.list_all(connection, below, page.limit + 1)
        )
        return page_of([_announcement(row) for row in rows], page.limit, lambda it: (it.id,))

    async def stop(self, caller: Principal, announcement_id: UUID) -> Announcement:
        """Tells nobody else; who was told keeps it. One that has ended stays as it is.

        Raises:
            AnnouncementNotFound: there is none with this id.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        now = self._clock()

        def work(connection: Connection) -> Announcement:
            row = announcements.end(connection, announcement_id, "stopped", now)
            if row is None:
                raise AnnouncementNotFound
            entry = audit_row(caller, "notifications.stop", "Announcement", row.id, now)
            audit.write_rows(connection, [entry])
            return _announcement(row)

        return await self._database.transact(work)


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(
        id=row.id,
        audience=row.audience,
        texts=AnnouncementTexts.model_validate(row.texts),
        status=row.status,
        told=row.told,
        created_by=row.created_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
