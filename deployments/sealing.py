"""Seals the audit log of a service, and anchors the end of its chain outside its database."""

import asyncio
import hashlib
import hmac
from typing import Final, Protocol

from deployments.errors import DomainError
from deployments.logs import get_logger
from storage import seals
from storage.database import Database
from storage.seals import Head

log = get_logger("sealing")
PAUSE_S: Final = 1.0


class Witness(Protocol):
    """Who remembers the end of a chain; `UsersClient` is one."""

    async def find_audit_anchor(self, service: str) -> tuple[int, bytes]:
        """Position and seal of the end that is remembered; 0 and nothing for none."""

    async def anchor_audit(self, service: str, position: int, seal: bytes) -> None:
        """Remembers the end, unless a later one is known."""


class Sealer:
    """The sealing loop of one replica; only one of all replicas works at a time.

    Args:
        database: of the service.
        service: its name.
        key: see `sealing_key`.
        witness: remembers the end of the chain.
    """

    def __init__(self, database: Database, service: str, key: bytes, witness: Witness) -> None:
        self._database = database
        self._service = service
        self._key = key
        self._witness = witness

    async def run(self) -> None:
        """Seals until cancelled, resting unless a full batch says that more is waiting.

        Without the rest a busy service would seal and anchor a handful of rows at a time.
        """
        reached = 0
        while True:
            head = await self.seal_due() or Head(reached, b"")
            if head.position - reached < seals.BATCH:
                await asyncio.sleep(PAUSE_S)
            reached = head.position

    async def seal_due(self) -> Head | None:
        """Seals a batch and anchors it; the new end, or None when nothing was to be done."""
        head = await self._database.transact(
            lambda connection: seals.seal_due(connection, self._key), keyed=False
        )
        if head is not None:
            await self._anchor(head)
        return head

    async def _anchor(self, head: Head) -> None:
        """An anchor that fails is no harm: the next one covers it.

        The end moves on only as long as the chain holds the end before; otherwise going on
        would hide that rows were cut off, or sealed anew after a change.
        """
        try:
            known = Head(*await self._witness.find_audit_anchor(self._service))
            if await self._database.read(lambda connection: seals.holds(connection, known)):
                await self._witness.anchor_audit(self._service, head.position, head.seal)
            else:
                log.error("audit chain broken", extra={"position": known.position})
        except DomainError as error:
            log.warning("audit not anchored", extra={"error": error.code})


def sealing_key(secret_key: str, service: str) -> bytes:
    """The HMAC key of a service's chain, made from the hospital's secret."""
    return hmac.digest(secret_key.encode(), f"audit:{service}".encode(), hashlib.sha256)
