"""The log of telling: each step, and why something was not told."""

from datetime import datetime
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.journal import audit_row
from deployments.notifications.preference_schemas import LogStep
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage import audit
from storage.database import Database
from storage.notifications import history


class History:
    """Reads the log, for the person and for operators.

    Args:
        database: the service's.
        clock: the time.
    """

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def list_own(self, caller: Principal, page: PageRequest) -> Page[LogStep]:
        """What was done to tell the caller, the latest first."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        return await self._list(caller.user_id, page)

    async def list_of(self, caller: Principal, user_id: UUID, page: PageRequest) -> Page[LogStep]:
        """The same of somebody else, for operators; it is written down that they looked."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        row = audit_row(caller, "notifications.read_log", "Person", user_id, self._clock())
        await self._database.transact(
            lambda connection: audit.write_rows(connection, [row]), keyed=False
        )
        return await self._list(user_id, page)

    async def _list(self, user_id: UUID, page: PageRequest) -> Page[LogStep]:
        below = decode_cursor(page.cursor, datetime.fromisoformat, int) if page.cursor else None
        rows = await self._database.read(
            lambda connection: history.list_steps(connection, user_id, below, page.limit + 1)
        )
        found = page_of(rows, page.limit, lambda row: (row.at, row.sequence))
        steps = [
            LogStep(
                at=row.at,
                event_id=row.event_id,
                workflow=row.workflow,
                channel=row.channel,
                step=row.step,
                reason=row.reason,
            )
            for row in found.items
        ]
        return Page[LogStep](items=steps, next_cursor=found.next_cursor)
