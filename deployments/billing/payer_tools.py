"""What the work with payers is done with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.desk import Desk
from deployments.billing.payer_exchange import PayerExchange
from storage.billing.jobs import PAYER_WORK

SOFTWARE: Final = Principal.for_service("billing")


class LeaseLost(Exception):
    """Somebody else has the job by now; what was done here is rolled back."""


@dataclass(frozen=True)
class PayerTools:
    """The tools of one worker."""

    desk: Desk
    exchange: PayerExchange
    settings: ClaimSettings

    async def end(
        self, job: Row[Any], effect: Callable[[Connection, datetime], None] | None = None
    ) -> None:
        """Has an effect and ends the job: both or neither.

        Raises:
            LeaseLost: somebody else has the job.
        """
        now = self.desk.clock()

        def work(connection: Connection) -> None:
            if effect is not None:
                effect(connection, now)
            if not PAYER_WORK.finish(connection, job.id, job.fence, now):
                raise LeaseLost

        await self.desk.database.transact(work, keyed=False)

    def later(self, connection: Connection, kind: str, object_id: UUID, now: datetime) -> None:
        """Puts something into the queue for the next time that payers are asked."""
        PAYER_WORK.enqueue(connection, kind, [object_id], at=now + self.settings.again)
