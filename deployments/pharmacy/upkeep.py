"""What happens by itself: prescriptions expire. Any number of replicas may run it."""

import asyncio
from typing import Any, Final

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.moving import move
from deployments.pharmacy.transitions import FulfilmentStatus, Move, PrescriptionStatus
from storage.pharmacy import prescriptions

SYSTEM: Final = Principal.for_service("pharmacy")
BATCH: Final = 100


class Upkeep:
    """The loop of one replica; rows that another replica works on are skipped."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run_expiry(self) -> None:
        """Ends expired prescriptions until cancelled."""
        while True:
            while await self.expire() == BATCH:
                pass
            await asyncio.sleep(self._desk.settings.expire_every_s)

    async def expire(self) -> int:
        """Ends prescriptions that can no longer be handed out; returns how many."""

        def work(connection: Connection) -> int:
            now = self._desk.clock()
            rows = prescriptions.lock_expired(connection, now, BATCH)
            for row in rows:
                move(connection, SYSTEM, Move.EXPIRE, row, now, values=_status(row))
            return len(rows)

        return await self._desk.database.transact(work, keyed=False)


def _status(row: Row) -> dict[str, Any]:
    """Completed when something was handed out: the patient takes it."""
    begun = row["fulfilment"] == FulfilmentStatus.IN_PROGRESS
    return {"status": PrescriptionStatus.COMPLETED.value} if begun else {}
