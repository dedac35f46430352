"""Forgetting what no longer proves anything."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from deployments.clock import Clock, utc_now
from storage.database import Database
from storage.users import attempts, one_time_tokens, revocations, sessions

EVERY_S: Final = 600.0
ATTEMPTS_KEPT: Final = timedelta(days=1)
LINKS_KEPT: Final = timedelta(days=30)

Forget = Callable[[Connection, datetime], None]
WORK: Final[tuple[tuple[Forget, timedelta], ...]] = (
    (sessions.forget_expired, timedelta()),
    (revocations.forget_expired, timedelta(minutes=1)),
    (one_time_tokens.forget_expired, LINKS_KEPT),
    (attempts.forget_old, ATTEMPTS_KEPT),
)
"""What is forgotten, and how long after its end."""


class Upkeep:
    """Deletes expired rows; any replica may, at any time."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Forgets every ten minutes, until cancelled."""
        while True:
            await self.forget()
            await asyncio.sleep(EVERY_S)

    async def forget(self) -> None:
        """Deletes what has expired, a short transaction for each kind."""
        for work, kept in WORK:
            await self._forget(work, self._clock() - kept)

    async def _forget(self, work: Forget, before: datetime) -> None:
        await self._database.transact(lambda conn: work(conn, before), keyed=False)
