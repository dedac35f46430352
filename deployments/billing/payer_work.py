"""What is done with payers outside of any web request: a durable queue, worked off by each replica.

No transaction is open while a payer is waited for. What was sent is committed before it is sent;
after a time-out or a death nobody knows whether it arrived, so the payer is asked by the number
of the claim before the same interchange is sent again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.collecting import Collecting
from deployments.billing.desk import Desk
from deployments.billing.payer_exchange import PayerExchange, Unknown
from deployments.billing.payer_questions import PayerQuestions
from deployments.billing.payer_tools import LeaseLost, PayerTools
from deployments.billing.submitting import Submitting
from deployments.errors import DomainError
from deployments.logs import fault, get_logger
from storage.billing.jobs import PAYER_WORK
from storage.database import CommitUnknown, DatabaseUnavailable

log = get_logger("billing.payers")
LONGEST_ERROR: Final = 200
Handler = Callable[[Row[Any]], Awaitable[None]]


class PayerWork:
    """One worker; any number may run side by side.

    Args:
        desk: the tools of the replica.
        exchange: the way to the payers.
        settings: who we are, and paces.
        name: told in the queue, for operators.
    """

    def __init__(
        self, desk: Desk, exchange: PayerExchange, settings: ClaimSettings, name: str
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._name = name
        tools = PayerTools(desk, exchange, settings)
        submitting, questions = Submitting(tools), PayerQuestions(tools)
        self._handlers: Mapping[str, Handler] = {
            "submit": submitting.submit,
            "ask": submitting.ask,
            "check": questions.check,
            "collect": Collecting(tools).collect,
        }

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            if not await self.work_once():
                await asyncio.sleep(self._settings.poll_s)

    async def work_once(self) -> int:
        """Claims a batch and does it; returns how many jobs it had."""
        now = self._desk.clock()
        rows = await self._desk.database.transact(
            lambda connection: PAYER_WORK.claim(
                connection,
                self._name,
                limit=self._settings.batch,
                now=now,
                lease=self._settings.lease,
            ),
            keyed=False,
        )
        await asyncio.gather(*(self._do(row) for row in rows))
        return len(rows)

    async def _do(self, job: Row[Any]) -> None:
        try:
            await self._handlers[job.kind](job)
        except LeaseLost:
            log.warning("lease lost", extra={"job_id": str(job.id), "kind": job.kind})
        except (CommitUnknown, DatabaseUnavailable) as error:
            # when the lease ends somebody looks again
            log.warning("job left", extra={"job_id": str(job.id), **fault(error)})
        except Exception as error:  # noqa: BLE001  # one bad job must not hold up the others
            await self._put_back(job.id, job.fence, error)

    async def _put_back(self, job_id: UUID, fence: int, error: Exception) -> None:
        words = error.code if isinstance(error, DomainError) else type(error).__name__
        text = f"{words}: {error}" if isinstance(error, Unknown) else words
        log.warning("job failed", extra={"job_id": str(job_id), "error": text})
        now = self._desk.clock()

        def work(connection: Connection) -> None:
            PAYER_WORK.fail(connection, job_id, fence, text[:LONGEST_ERROR], now)

        with suppress(DatabaseUnavailable):
            await self._desk.database.transact(work, keyed=False)
