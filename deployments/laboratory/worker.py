"""The loop that works the queue off: claimed in batches, one transaction each, fenced."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.clock import Clock
from deployments.errors import DomainError
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.worker_shapes import Handler, Job, Tools
from deployments.logs import fault, get_logger
from storage.database import CommitUnknown, Database, DatabaseUnavailable
from storage.laboratory import jobs
from storage.laboratory.moves import Mover

log = get_logger("laboratory.worker")
AT_ONCE: Final = 4
LONGEST_ERROR: Final = 500
SOFTWARE: Final = Principal.for_service("laboratory")


class LeaseLost(Exception):
    """Somebody else has the job by now; what was done here is rolled back."""


class Worker:
    """Works the queue off; any number may run side by side.

    Args:
        database: of the laboratory.
        catalogue: gives the newest catalogue.
        handlers: by kind of job.
        name: told in the queue, for operators.
        settings: limits and paces.
        clock: tells the time.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Callable[[], Awaitable[Snapshot]],
        handlers: Mapping[str, Handler],
        *,
        name: str,
        settings: LaboratorySettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._handlers = handlers
        self._name = name
        self._settings = settings
        self._clock = clock
        self._held: dict[UUID, int] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            if not await self.work_once():
                await asyncio.sleep(self._settings.worker_poll_s)

    async def keep_leases(self) -> None:
        """Says again and again that this worker lives, for the jobs that it holds."""
        while True:
            await asyncio.sleep(self._settings.worker_lease_s / 3)
            await self.beat()

    async def beat(self) -> None:
        """Moves the leases of the held jobs on."""
        held = list(self._held.items())
        until = self._clock() + self._lease
        await self._database.transact(
            lambda connection: jobs.heartbeat(connection, held, until), keyed=False
        )

    async def work_once(self) -> int:
        """Claims a batch and does it; returns how many jobs it had."""
        claimed = await self._claim()
        if not claimed:
            return 0
        tools = Tools(
            await self._catalogue(),
            Mover(SOFTWARE.user_id, SOFTWARE.role),
            self._clock(),
            self._settings,
        )
        self._held = {job.id: job.fence for job in claimed}
        try:
            await asyncio.gather(*(self._do(job, tools) for job in claimed))
        finally:
            self._held = {}
        return len(claimed)

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._settings.worker_lease_s)

    async def _claim(self) -> Sequence[Job]:
        now = self._clock()
        rows = await self._database.transact(
            lambda connection: jobs.claim(
                connection,
                self._name,
                limit=self._settings.worker_batch,
                now=now,
                lease=self._lease,
            ),
            keyed=False,
        )
        return [Job(row.id, row.kind, row.object_id, row.fence, row.attempts) for row in rows]

    async def _do(self, job: Job, tools: Tools) -> None:
        async with self._at_once:
            try:
                await self._database.transact(
                    lambda connection: self._in_transaction(connection, job, tools), keyed=False
                )
            except LeaseLost:
                log.warning("lease lost", extra={"job_id": str(job.id), "kind": job.kind})
            except (CommitUnknown, DatabaseUnavailable) as error:
                # whether it is done, the queue knows: when the lease ends somebody looks again
                log.warning("job left", extra={"job_id": str(job.id), **fault(error)})
            except Exception as error:  # noqa: BLE001  # one bad job must not hold up the others
                await self._put_back(job, error)
            finally:
                self._held.pop(job.id, None)

    def _in_transaction(self, connection: Connection, job: Job, tools: Tools) -> None:
        """The effect and the end of the job: both or neither."""
        self._handlers[job.kind](connection, job, tools)
        if not jobs.finish(connection, job.id, job.fence, tools.at):
            raise LeaseLost

    async def _put_back(self, job: Job, error: Exception) -> None:
        log.warning("job failed", extra={"job_id": str(job.id), "kind": job.kind, **fault(error)})
        words = error.code if isinstance(error, DomainError) else type(error).__name__
        now = self._clock()
        with suppress(DatabaseUnavailable):
            await self._database.transact(
                lambda connection: jobs.fail(
                    connection, job.id, job.fence, f"{words}: {error}"[:LONGEST_ERROR], now
                ),
                keyed=False,
            )
