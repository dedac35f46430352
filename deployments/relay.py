"""From the outbox to the listeners: leased, delivered by handle, retried, parked when hopeless."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import Row

from deployments.errors import DomainError, Unavailable
from deployments.events import Envelope
from deployments.logs import get_logger
from storage import idempotency, outbox
from storage.database import Database

log = get_logger("relay")

BATCH: Final = 50
LEASE_S: Final = 15.0
POLL_S: Final = 1.0
LONGEST_BACKOFF_S: Final = 60.0
HOUSEKEEPING_S: Final = 3600.0

Hear = Callable[[list[Envelope]], Awaitable[Sequence[str | None]]]
"""Hears events in order; answers None for each that took effect, else an error code."""


class Metrics(Protocol):
    """What the relay reports."""

    def delivered(self, listener: str, events: int) -> None:
        """Events took effect at a listener."""

    def parked(self, listener: str) -> None:
        """An event was given up on."""


def backoff_s(attempts: int) -> float:
    """Seconds to wait after the given number of failed attempts: doubling, capped, jittered."""
    doublings = min(attempts, 20)  # attempts grow without end while a listener is away
    return min(0.25 * 2.0**doublings, LONGEST_BACKOFF_S) * random.uniform(0.75, 1.25)  # noqa: S311


def is_hopeless(attempts: int, error: str) -> bool:
    """Whether to park an event: refused often enough. A listener that is away is waited for."""
    return attempts >= outbox.ATTEMPTS and error != Unavailable.code


class Relay:
    """The delivery loop of one replica; any number may run side by side.

    Args:
        database: the publisher's.
        listeners: by application name, how to reach it.
        metrics: where deliveries are counted.
    """

    def __init__(self, database: Database, listeners: Mapping[str, Hear], metrics: Metrics) -> None:
        self._database = database
        self.listeners = listeners
        self._metrics = metrics
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was committed: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Delivers until cancelled."""
        while True:
            self._woken.clear()
            if await self.deliver_due() < BATCH:
                await self._rest()

    async def keep_house(self) -> None:
        """Forgets old rows, now and then, until cancelled."""
        while True:
            for forget in (outbox.forget_old, idempotency.forget_old):
                await self._database.transact(forget, keyed=False)
            await asyncio.sleep(HOUSEKEEPING_S)

    async def deliver_due(self) -> int:
        """Delivers one batch; returns how many events were taken."""
        rows = await self._database.transact(
            lambda connection: outbox.lease(connection, BATCH, LEASE_S), keyed=False
        )
        per_listener: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: row.sequence):
            per_listener[row.listener].append(row)
        await asyncio.gather(*(self._deliver(*batch) for batch in per_listener.items()))
        return len(rows)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, listener: str, rows: list[Row[Any]]) -> None:
        outcomes = await self._heard(listener, rows)
        done = [row.sequence for row, error in zip(rows, outcomes, strict=True) if error is None]
        failed = [(row, error) for row, error in zip(rows, outcomes, strict=True) if error]
        if done:
            await self._database.transact(
                lambda connection: outbox.settle(connection, done), keyed=False
            )
            self._metrics.delivered(listener, len(done))
            self.wake()  # the next event of the same aggregate may be due now
        for row, error in failed:
            await self._postpone(row, error)

    async def _heard(self, listener: str, rows: list[Row[Any]]) -> Sequence[str | None]:
        envelopes = [Envelope.model_validate(row, from_attributes=True) for row in rows]
        try:
            return await self.listeners[listener](envelopes)
        except DomainError as error:
            return [error.code] * len(rows)
        except KeyError:
            return ["no_such_listener"] * len(rows)

    async def _postpone(self, row: Row[Any], error: str) -> None:
        parked = is_hopeless(row.attempts, error)
        await self._database.transact(
            lambda connection: outbox.postpone(
                connection, row.sequence, error, None if parked else backoff_s(row.attempts)
            ),
            keyed=False,
        )
        if parked:
            self._metrics.parked(row.listener)
        log.log(
            logging.ERROR if parked else logging.WARNING,
            "event parked" if parked else "event not delivered",
            extra={"event_id": str(row.event_id), "event": row.name, "error": error},
        )
