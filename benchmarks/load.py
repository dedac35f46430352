"""A bounded load: some clients, each asking one after the other, for some seconds."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Ask = Callable[[aiohttp.ClientSession, int, int], Awaitable[int]]
"""Makes one request: session, number of the client, number of the request; returns the status."""


@dataclass
class Outcome:
    """What a load met with.

    Attributes:
        seconds: how long it lasted.
        latencies_s: of each request, in no order.
        statuses: how often each HTTP status came.
    """

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """Latency that `percent` of the requests do not exceed, milliseconds."""
        if len(self.latencies_s) < 2:
            return float("nan")
        return statistics.quantiles(self.latencies_s, n=100)[percent - 1] * 1000


async def run(ask: Ask, *, clients: int, seconds: float) -> Outcome:
    """Lets `clients` ask for `seconds`."""
    outcome = Outcome()
    began = time.perf_counter()

    async def client(number: int, session: aiohttp.ClientSession) -> None:
        request = 0
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            status = await ask(session, number, request)
            outcome.latencies_s.append(time.perf_counter() - asked)
            outcome.statuses[status] += 1
            request += 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(client(number, session) for number in range(clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def status_of(request: Any) -> int:
    """Makes the request, reads the answer, and returns its status."""
    async with request as answer:
        await answer.read()
        return int(answer.status)
