"""1,000 live inboxes on one machine: `python -m benchmarks.live`.

How long a message takes to its socket while 100 are told each second, whether each came once and
in order, and what an idle socket weighs in the replica and in the actor. The time counts from
before the transaction that writes the message, so it holds more than the way from the commit.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect

from actors.patient_sessions import PatientSessions
from actors.session import Arrival
from deployments.access import Principal, Role
from deployments.notifications.service import hash_of
from storage.notifications import tickets
from tests.cluster.conftest import UNLIMITED
from tests.cluster.stack import ROOT, Hospital
from tests.cluster.test_booking_race import engine_of

KIBIBYTE: Final = 1 << 10
SESSIONS: Final = 10_000
AT_ONCE: Final = 50


@dataclass
class Heard:
    """What came on one socket.

    Attributes:
        numbers: in the order in which they came.
        waits_s: of each message.
    """

    numbers: list[int] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)


def main() -> None:
    """Starts a hospital, connects everybody, and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--per-second", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked, _ = parser.parse_known_args()
    print(f"a session in the actor: {session_bytes() / KIBIBYTE:.1f} KiB")
    folder = Path(tempfile.mkdtemp(prefix="medray-bench-"))
    hospital = Hospital(folder, replicas={"notifications": asked.replicas}, settings=UNLIMITED)
    try:
        hospital.start()
        asyncio.run(measure(hospital, asked))
    finally:
        hospital.stop()
        shutil.rmtree(folder)


def session_bytes() -> float:
    """Memory of one person with one device in a shard, without Ray."""
    now, state = datetime.now(UTC), PatientSessions()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    arrivals = [
        Arrival(uuid4(), uuid4(), uuid4(), now, None, timedelta(minutes=15))
        for _ in range(SESSIONS)
    ]
    state.greet("replica", arrivals, now)
    del arrivals
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / SESSIONS


async def measure(hospital: Hospital, asked: argparse.Namespace) -> None:
    """Connects everybody, tells, and prints."""
    invented = await telling(hospital, "--invent", asked.sockets, "--seed", asked.seed)
    people = [UUID(it) for it in json.loads(invented)]
    heard = {person: Heard() for person in people}
    at_rest = weights(hospital)
    gate = asyncio.Semaphore(AT_ONCE)
    sockets = await asyncio.gather(*(opened(hospital, person, gate) for person in people))
    await asyncio.sleep(3)
    for title, before in at_rest.items():
        grown = sum(weights(hospital)[title]) - sum(before)
        print(f"{title}: {grown / len(people) / KIBIBYTE:.1f} KiB for each idle socket")
    listening = [
        asyncio.create_task(listen(socket, heard[person]))
        for person, socket in zip(people, sockets, strict=True)
    ]
    rate = ["--per-second", asked.per_second, "--seconds", asked.seconds, "--seed", asked.seed]
    told = json.loads(await telling(hospital, *rate, people=people))
    deadline = time.monotonic() + 20
    while sum(len(it.numbers) for it in heard.values()) < sum(told.values()):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    report(told, heard, asked)
    for task in listening:
        task.cancel()
    await asyncio.gather(*(socket.close() for socket in sockets))


def report(told: dict[str, int], heard: dict[UUID, Heard], asked: argparse.Namespace) -> None:
    """Prints waits, and what was lost or came out of order."""
    waits = sorted(wait for it in heard.values() for wait in it.waits_s)
    wrong = sum(
        it.numbers != list(range(1, told.get(str(person), 0) + 1)) for person, it in heard.items()
    )
    cuts = statistics.quantiles(waits, n=100)
    load = os.getloadavg()[0]
    print(f"{asked.sockets} sockets, {asked.per_second:.0f} messages/s for {asked.seconds:.0f} s")
    print(f"told {sum(told.values())}, arrived {len(waits)}; sockets with another order: {wrong}")
    print(f"to the socket: p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms,", end=" ")
    print(f"p99 {cuts[98] * 1000:.0f} ms; load of the machine {load:.1f}")
    if wrong:
        raise SystemExit(1)


async def telling(hospital: Hospital, *words: object, people: list[UUID] | None = None) -> str:
    """What `benchmarks.telling` prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.telling", *map(str, words)),
        cwd=ROOT,
        env=os.environ | hospital.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate("\n".join(map(str, people or [])).encode())
    if process.returncode:
        raise SystemExit("telling failed")
    return said.decode()


async def opened(hospital: Hospital, person: UUID, gate: asyncio.Semaphore) -> ClientConnection:
    """A live connection, by a ticket that is put where the service puts it."""
    ticket, now = uuid4().hex, datetime.now(UTC)
    caller = Principal(
        user_id=person,
        roles=frozenset({Role.PATIENT}),
        token_id=uuid4().hex,
        session_id=uuid4(),
        issued_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    async with gate:
        with engine_of(hospital, "notifications").begin() as connection:
            until = now + timedelta(minutes=5)
            tickets.save(connection, hash_of(ticket), caller.model_dump(mode="json"), now, until)
        return await connect(
            f"{hospital.url.replace('http', 'ws', 1)}/api/v1/notifications/ws?after=0",
            subprotocols=["medray.v1", f"ticket.{ticket}"],  # type: ignore[list-item]
            open_timeout=60,
            ping_interval=None,
        )


async def listen(socket: ClientConnection, heard: Heard) -> None:
    """Notes what comes, and answers pings."""
    async for received in socket:
        message = json.loads(received)
        if message["type"] == "ping":
            await socket.send('{"type": "pong"}')
        elif message["type"] == "notification":
            sent = datetime.fromisoformat(message["notification"]["created_at"])
            heard.waits_s.append((datetime.now(UTC) - sent).total_seconds())
            heard.numbers.append(message["notification"]["number"])


def weights(hospital: Hospital) -> dict[str, list[int]]:
    """Unique set size in bytes of the replicas and the shards."""
    names = ("ray::ServeReplica:notifications", "patient-sessions")
    return {
        name: [process.memory_full_info().uss for process in hospital.processes(name)]
        for name in names
    }


if __name__ == "__main__":
    main()
