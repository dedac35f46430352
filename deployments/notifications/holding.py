"""Tells what was held back, once it may be told: a sensitive report is not announced early."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.errors import DomainError
from deployments.events import Envelope
from deployments.logs import fault, get_logger
from deployments.notifications.composing import People, compose
from deployments.notifications.hearing import KNOWN, Told
from deployments.notifications.telling import write
from deployments.notifications.workflows import BY_EVENT
from storage.database import Database
from storage.notifications import held

log = get_logger("notifications")

POLL_S: Final = 10.0
AT_ONCE: Final = 20
PAUSE: Final = timedelta(minutes=5)
"""After which an event that could not be told is tried again."""


class Releaser:
    """The loop that tells what was held back; any number of replicas may run one.

    Args:
        database: the service's.
        people_of: gathers whom events name; `Listener.people_of`.
        told: wakes live connections and the sender.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        people_of: Callable[[Sequence[Envelope]], Awaitable[People]],
        *,
        told: Told,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._people_of = people_of
        self._told = told
        self._clock = clock

    async def run(self) -> None:
        """Tells until cancelled."""
        while True:
            await self.tell_due()
            await asyncio.sleep(POLL_S)

    async def tell_due(self) -> None:
        """Tells what may be told by now; what fails is tried again later and stops nothing else."""
        now = self._clock()
        rows = await self._database.read(lambda connection: held.list_due(connection, now, AT_ONCE))
        for row in rows:
            try:
                await self._tell(row)
            except (DomainError, ValidationError, KeyError) as error:
                log.warning(
                    "held event not told", extra={"event_id": str(row.event_id), **fault(error)}
                )
                await self._postpone(row.event_id)

    async def _tell(self, row: Row[Any]) -> None:
        event = KNOWN[row.name].model_validate(row.payload)
        people = await self._people_of([Envelope.of(event)])
        telling, now = compose(event, BY_EVENT[type(event)], people), self._clock()

        def work(connection: Connection) -> Collection[UUID]:
            if not held.release(connection, row.event_id):
                return ()
            return write(connection, event, telling, now)

        if told := await self._database.transact(work, keyed=False):
            self._told(told)

    async def _postpone(self, event_id: UUID) -> None:
        due_at = self._clock() + PAUSE
        await self._database.transact(
            lambda connection: held.postpone(connection, event_id, due_at), keyed=False
        )
