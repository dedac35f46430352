"""Audit rows in a caller's name, and a journal for those that have no transaction of their own.

That is denials, and answers from the cache.
Whoever is answered waits until the row is committed; rows that come in meanwhile are written
together, so that a busy replica commits once for many.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from deployments.access import Principal
from deployments.logs import request_id
from storage.audit import AuditRow, Outcome, write_rows
from storage.database import Database


def audit_row(
    principal: Principal,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    *,
    patient_id: UUID | None = None,
    outcome: Outcome = "success",
    basis: str | None = None,
) -> AuditRow:
    """An audit row in the caller's name, of the request in progress; see `AuditRow`."""
    return AuditRow(
        actor_id=principal.user_id,
        actor_role=principal.role,
        action=action,
        object_type=object_type,
        object_id=object_id,
        at=at,
        patient_id=patient_id,
        outcome=outcome,
        request_id=request_id(),
        basis=basis,
    )


class Journal:
    """Writes audit rows in groups.

    Args:
        database: of the service.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[AuditRow, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, row: AuditRow) -> None:
        """Returns after COMMIT.

        Raises:
            DatabaseUnavailable: the row is not written, so what it speaks of must not happen.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            work = partial(write_rows, rows=[row for row, _ in group])
            try:
                await self._database.transact(work, keyed=False)
            except Exception as error:  # noqa: BLE001  # it is theirs who wait
                for _, done in group:
                    with suppress(asyncio.InvalidStateError):
                        done.set_exception(error)
            else:
                for _, done in group:
                    with suppress(asyncio.InvalidStateError):
                        done.set_result(None)
