"""Asking the provider: at once when somebody pays, and again by the janitor until it is known.

The payment is in the database before the provider hears of it, and no transaction is open while
we wait. The janitor first asks what became of a reference; only what the provider has never heard
of is charged (again), under the same reference, so that it still happens once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from sqlalchemy import Connection, RowMapping

from deployments.billing.payment_desk import PaymentDesk
from deployments.billing.payment_mapping import payment, refund
from deployments.billing.payment_outcomes import take_outcome, take_refund_outcome
from deployments.billing.payment_provider import Absent, Charge, Outcome
from deployments.billing.payment_schemas import Payment, Refund
from storage import idempotency
from storage.billing import payments, refunds

AT_ONCE: Final = 8
Shown = TypeVar("Shown", Payment, Refund)


class Resolving:
    """Brings payments and refunds of cards to an end.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: PaymentDesk) -> None:
        self._desk = desk
        self._database = desk.house.database

    async def send(self, begun: Payment) -> Payment:
        """Asks the provider for a payment that was just written; how far it is then."""
        until = self._desk.now() + self._desk.settings.lease
        row = await self._database.transact(
            lambda connection: payments.claim_new(connection, begun.id, until), keyed=False
        )
        if row is None:
            return begun
        outcome = await self._desk.provider.charge(_charge(row))
        return await self._answer(
            lambda connection: payment(
                _there(take_outcome(connection, self._desk, begun.id, outcome))
            )
        )

    async def send_refund(self, row: RowMapping) -> Refund:
        """Asks the provider to give money back that was written down; how far it is then."""
        outcome = await self._desk.provider.refund(
            str(row["payment_id"]), str(row["id"]), row["amount"]
        )
        return await self._answer(
            lambda connection: refund(
                _there(take_refund_outcome(connection, self._desk, row["id"], outcome))
            )
        )

    async def run(self) -> None:
        """Looks after what is open until cancelled."""
        while True:
            if not await self.look_once():
                await asyncio.sleep(self._desk.settings.poll_s)

    async def look_once(self) -> int:
        """Asks for everything that is due, some at a time; returns how many there were."""
        now = self._desk.now()
        until = now + self._desk.settings.lease

        def work(connection: Connection) -> tuple[Sequence[RowMapping], Sequence[RowMapping]]:
            return (
                payments.claim_due(connection, now, until, AT_ONCE),
                refunds.claim_due(connection, now, until, AT_ONCE),
            )

        charged, refunded = await self._database.transact(work, keyed=False)
        asked: list[Awaitable[None]] = [self._resolve(row) for row in charged]
        asked += [self._resolve_refund(row) for row in refunded]
        await asyncio.gather(*asked)
        return len(asked)

    async def _resolve(self, row: RowMapping) -> None:
        provider = self._desk.provider
        outcome: Outcome = Absent()
        if row["was"] != "created":
            reference = str(row["id"])
            outcome = await provider.find_charge(reference, row["amount"], row["currency"])
        if isinstance(outcome, Absent):
            outcome = await provider.charge(_charge(row))
        await self._database.transact(
            lambda connection: take_outcome(connection, self._desk, row["id"], outcome),
            keyed=False,
        )

    async def _resolve_refund(self, row: RowMapping) -> None:
        provider = self._desk.provider
        reference, amount = str(row["id"]), row["amount"]
        outcome = await provider.find_refund(reference, amount)
        if isinstance(outcome, Absent):
            outcome = await provider.refund(str(row["payment_id"]), reference, amount)
        await self._database.transact(
            lambda connection: take_refund_outcome(connection, self._desk, row["id"], outcome),
            keyed=False,
        )

    async def _answer(self, work: Callable[[Connection], Shown]) -> Shown:
        """Records an outcome, and with it what a repeated request is answered."""
        key = idempotency.current()

        def answered(connection: Connection) -> Shown:
            shown = work(connection)
            if key is not None:
                idempotency.replace(connection, key, shown)
            return shown

        return await self._database.transact(answered, keyed=False)


def _charge(row: RowMapping) -> Charge:
    return Charge(str(row["id"]), row["amount"], row["currency"], row["card_token"])


def _there(row: RowMapping | None) -> RowMapping:
    if row is None:
        raise LookupError("what was written is gone")
    return row
