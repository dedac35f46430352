"""Reading what happened to an account."""

from uuid import UUID

from deployments.access import Permission, Principal
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from deployments.users import shapes
from deployments.users.account_schemas import ActivityLine
from storage.database import Database
from storage.users import activity


class Activities:
    """People read their own, administrators everybody's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_own(self, caller: Principal, wanted: PageRequest) -> Page[ActivityLine]:
        """What happened to the caller's account, newest first."""
        caller.require(Permission.USERS_READ_OWN)
        return await self._page(caller.user_id, wanted)

    async def list_of(
        self, caller: Principal, user_id: UUID, wanted: PageRequest
    ) -> Page[ActivityLine]:
        """What happened to somebody's account, newest first; empty for unknown ids."""
        caller.require(Permission.USERS_MANAGE)
        return await self._page(user_id, wanted)

    async def _page(self, user_id: UUID, wanted: PageRequest) -> Page[ActivityLine]:
        before = decode_cursor(wanted.cursor, UUID)[0] if wanted.cursor else None
        rows = await self._database.read(
            lambda conn: activity.page(conn, user_id, before, wanted.limit + 1)
        )
        lines = [shapes.activity_line(row) for row in rows]
        return page_of(lines, wanted.limit, lambda line: (line.id,))
