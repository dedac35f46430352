"""Collecting the remittances of a payer; what cannot be posted is kept, with the reason."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from deployments.billing.insurance_errors import (
    RemittancePosted,
    RemittanceUnbalanced,
    RemittanceUnmatched,
    RemittanceUnreadable,
)
from deployments.billing.payer_tools import SOFTWARE, PayerTools
from deployments.billing.remittance_posting import post
from deployments.billing.remitting import read_remittance
from deployments.errors import DomainError
from deployments.logs import get_logger
from deployments.x12.reading import Unreadable, read
from storage.billing import claims, insurance, remittances

log = get_logger("billing.payers")
REFUSALS = (RemittanceUnbalanced, RemittanceUnmatched, RemittanceUnreadable)


class Collecting:
    """Collects remittances.

    Args:
        tools: of the worker.
    """

    def __init__(self, tools: PayerTools) -> None:
        self._tools = tools

    async def collect(self, job: Row[Any]) -> None:
        """Takes what the payer has for us, and comes again while it owes an answer.

        Raises:
            Unknown: no answer.
        """

        def gather(connection: Connection) -> tuple[str, str]:
            payer = insurance.find_provider(connection, job.object_id)
            code = payer["code"] if payer else ""
            return code, remittances.last_trace(connection, job.object_id)

        payer_code, after = await self._tools.desk.database.read(gather)
        sender = self._tools.settings.sender
        for content in await self._tools.exchange.remittances(payer_code, sender, after):
            await self._post(content)

        def again(connection: Connection, now: datetime) -> None:
            if claims.pending(connection, job.object_id):
                self._tools.later(connection, "collect", job.object_id, now)

        await self._tools.end(job, again)

    async def _post(self, content: str) -> None:
        database, at = self._tools.desk.database, self._tools.desk.clock()
        try:
            paid, control_number = read_remittance(content)
            received = (control_number, content)
            await database.transact(
                lambda connection: post(connection, SOFTWARE, paid, received, at), keyed=False
            )
        except RemittancePosted:
            return  # by whoever uploaded it
        except REFUSALS as error:
            await self._keep(content, error, at)

    async def _keep(self, content: str, error: DomainError, at: datetime) -> None:
        try:
            number = read(content).control_number
        except Unreadable:
            number = "unreadable"

        def work(connection: Connection) -> None:
            if not claims.is_refused(connection, number):
                claims.add_interchange(
                    connection, None, "835", number, content, at, error=error.detail
                )

        await self._tools.desk.database.transact(work, keyed=False)
        log.warning("remittance refused", extra={"control_number": number, "code": error.code})
