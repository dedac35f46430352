"""What happens by itself: batches come close to their last day, levels fall with expiry."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.pharmacy.events import StockExpiring
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_moves import watch_levels
from deployments.publishing import publish
from storage.pharmacy import stock_watch

BATCH: Final = 100


class StockUpkeep:
    """The watch of one replica; what another replica has told is not told again."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            while await self.tell_expiring() == BATCH:
                pass
            await self.check_levels()
            await asyncio.sleep(self._desk.settings.watch_every_s)

    async def tell_expiring(self) -> int:
        """Tells which batches come close to their last day; returns how many, at most a batch.

        The nearest threshold is told first, and the farther ones are then not told any more.
        """

        def work(connection: Connection) -> int:
            now, told = self._desk.clock(), 0
            for days in sorted(self._desk.settings.expiry_alert_days):
                until = self._desk.day_of(now) + timedelta(days=days)
                rows = stock_watch.claim_expiring(
                    connection, until=until, threshold_days=days, at=now, limit=BATCH - told
                )
                told += len(rows)
                publish(
                    connection,
                    *(
                        StockExpiring(
                            occurred_at=now,
                            batch_id=row["id"],
                            medication_id=row["medication_id"],
                            lot=row["lot"],
                            expires_on=row["expires_on"],
                            threshold_days=days,
                            quantity=row["quantity"],
                        )
                        for row in rows
                    ),
                )
            return told

        return await self._desk.database.transact(work, keyed=False)

    async def check_levels(self) -> None:
        """Compares every reorder point with what can be used today: stock also falls at night."""
        after: tuple[UUID, UUID] | None = None
        while (after := await self._check_some(after)) is not None:
            pass

    async def _check_some(self, after: tuple[UUID, UUID] | None) -> tuple[UUID, UUID] | None:
        def work(connection: Connection) -> tuple[UUID, UUID] | None:
            rows = stock_watch.list_reorder_points(
                connection, location_id=None, after=after, limit=BATCH
            )
            pairs = [(row["location_id"], row["medication_id"]) for row in rows]
            if pairs:
                watch_levels(connection, self._desk, pairs, self._desk.clock())
            return pairs[-1] if len(pairs) == BATCH else None

        return await self._desk.database.transact(work, keyed=False)
