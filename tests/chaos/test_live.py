"""Live delivery while its parts die: each message exactly once and in order, on every device.

`make chaos` runs it. That the test sees doubled and lost messages is shown by clients that forget
what they have (`--red resume`) or skip one (`--red refill`) when they connect again; replicas must
then fail.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from actors.shards import shard_of
from storage.embedded.redis import EmbeddedRedis
from tests.cluster.conftest import UNLIMITED
from tests.cluster.people import NOTIFICATIONS, USERS, Person, person
from tests.cluster.stack import ROOT, Hospital
from tests.cluster.test_booking_race import engine_of

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.enable_socket]

SEED = int(os.environ.get("SEED", "1"))
CLIENTS = 12
PER_SECOND = float(os.environ.get("PER_SECOND", "60"))
KILLS = 10
SHARDS = 2
BACK_S = 3.0
SETTLED_S = 60
TELLING_S = {"shards": 45, "replicas": 150, "redis": 45}
"""Longer than the kills take: a replica needs some seconds to start."""
REDIS_DEAD_S = 30
SIGNED_OUT_S = 2.0
SHARD, REPLICA = "patient-sessions", "ray::ServeReplica:notifications"


@dataclass
class Client:
    """An app that always connects again, and says what it has.

    Attributes:
        heard: numbers in the order in which they came.
        connections: how often it connected.
    """

    person: Person
    forgets: bool
    skips: bool
    heard: list[int] = field(default_factory=list)
    connections: int = 0

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (ConnectionClosed, InvalidHandshake, OSError, httpx.HTTPError, AssertionError):
                await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        after = 0 if self.forgets else max(self.heard, default=0)
        if self.skips and self.connections:
            after += 1
        async with self.person.live(after) as socket:
            self.connections += 1
            async for received in socket:
                message = json.loads(received)
                if message["type"] == "ping":
                    await socket.send('{"type": "pong"}')
                if message["type"] == "notification":
                    self.heard.append(message["notification"]["number"])


class Telling:
    """`benchmarks.telling` beside the test."""

    def __init__(self, hospital: Hospital, people: list[str], seconds: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.telling", "--seed", str(SEED)]
            + ["--per-second", str(PER_SECOND), "--seconds", str(seconds)],
            cwd=ROOT,
            env=os.environ | hospital.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write("\n".join(people))
        self._process.stdin.close()

    async def ended(self) -> dict[str, int]:
        """How often each was told."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            said = await asyncio.to_thread(output.read)
        assert self._process.wait() == 0
        told: dict[str, int] = json.loads(said)
        return told


@pytest.fixture(scope="module")
def redis_beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis that nobody starts again but the test."""
    folder = tmp_path_factory.mktemp("redis")
    folder.chmod(0o711)
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shaken(folder: Path, redis_beside: EmbeddedRedis) -> Iterator[Hospital]:
    settings = UNLIMITED | {"MEDRAY_REDIS_URL": redis_beside.url()}
    stack = Hospital(folder / "live", replicas={"notifications": 2}, settings=settings).start()
    yield stack
    assert stack.stop() == 0


async def sessions_work(people: list[Person], shard: int | None) -> None:
    """Returns when the shards of these people know all their devices again."""
    mine = [it for it in people if shard in (None, shard_of(UUID(it.user_id), SHARDS))]
    while True:
        answers = await asyncio.gather(
            *(it.http.get(f"{NOTIFICATIONS}/live-devices") for it in mine), return_exceptions=True
        )
        if all(
            isinstance(it, httpx.Response) and it.status_code == 200 and it.json()["items"]
            for it in answers
        ):
            return
        await asyncio.sleep(0.02)


async def kill_shards(hospital: Hospital, people: list[Person], back_s: list[float]) -> None:
    chance = random.Random(SEED)
    for _ in range(KILLS):
        number = chance.randrange(SHARDS)
        victims = hospital.processes(f"{SHARD}-{number}")
        assert victims, "no such actor"
        victims[0].send_signal(signal.SIGKILL)
        await asyncio.to_thread(victims[0].wait, 5)
        began = time.monotonic()
        await sessions_work(people, number)
        back_s.append(time.monotonic() - began)
        await asyncio.sleep(chance.uniform(0.5, 1.5))  # the pace of the kills


async def kill_replicas(hospital: Hospital, clients: list[Client], back_s: list[float]) -> None:
    """Back is a replica for its clients when each has heard what was told after its death."""
    chance = random.Random(SEED)
    for _ in range(KILLS):
        victim = chance.choice(hospital.processes(REPLICA))
        victim.send_signal(signal.SIGKILL)
        await asyncio.to_thread(victim.wait, 5)
        began = time.monotonic()
        news = [(it, last_number(hospital, it) + 1) for it in clients]
        async with asyncio.timeout(SETTLED_S):
            while any(max(client.heard, default=0) < number for client, number in news):
                await asyncio.sleep(0.02)
        back_s.append(time.monotonic() - began)
        while len(hospital.processes(REPLICA)) < 2:
            await asyncio.sleep(0.1)
        await asyncio.sleep(chance.uniform(0.5, 1.5))  # the pace of the kills


async def kill_redis(server: EmbeddedRedis, people: list[Person], statuses: list[int]) -> None:
    """Keeps it dead, and asks for everything that a person may ask; the first one signs out."""
    gone, *people = people
    server.stop()
    try:
        assert (await gone.http.post(f"{USERS}/sign-out")).status_code < 300
        until = time.monotonic() + REDIS_DEAD_S
        signed_out = time.monotonic() + SIGNED_OUT_S
        while time.monotonic() < until:
            for one in people:
                paths = ("inbox", "inbox/unread-count", "live-devices")
                asked = [await one.http.get(f"{NOTIFICATIONS}/{path}") for path in paths]
                statuses += [answer.status_code for answer in asked]
            if time.monotonic() > signed_out:
                assert (await gone.http.get(f"{NOTIFICATIONS}/inbox")).status_code == 401
            await asyncio.sleep(0.2)  # the pace of the questions
    finally:
        server.start()


@pytest.mark.parametrize("victims", ["shards", "replicas", "redis"])
async def test_each_message_arrives_once_and_in_order(
    shaken: Hospital, redis_beside: EmbeddedRedis, victims: str, red: Callable[[str], bool]
) -> None:
    print(f"seed {SEED}, {victims}")
    back_s, statuses = list[float](), list[int]()
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(shaken.url)) for _ in range(CLIENTS)]
        stranger = await stack.enter_async_context(person(shaken.url))
        for one in (stranger, *people):
            await one.register()
        clients = [Client(one, forgets=red("resume"), skips=red("refill")) for one in people]
        listening = [asyncio.create_task(client.run()) for client in clients]
        async with asyncio.timeout(20):
            await sessions_work(people, None)
        telling = Telling(shaken, [one.user_id for one in people], TELLING_S[victims])
        doing = {
            "shards": lambda: kill_shards(shaken, people, back_s),
            "replicas": lambda: kill_replicas(shaken, clients, back_s),
            "redis": lambda: kill_redis(redis_beside, [stranger, *people], statuses),
        }
        await doing[victims]()
        told = await telling.ended()
        await settled(clients, shaken)
        for task in listening:
            task.cancel()
    reconnected = sum(client.connections for client in clients) - CLIENTS
    print(
        f"told {sum(told.values())}; {reconnected} reconnections; back after (s)",
        [round(it, 1) for it in back_s],
    )
    for client in clients:
        assert client.heard == list(range(1, last_number(shaken, client) + 1))
        assert len(client.heard) == told[client.person.user_id] + 1  # one for registering
    assert set(statuses) <= {200}
    assert max(back_s, default=0) <= BACK_S


async def settled(clients: list[Client], hospital: Hospital) -> None:
    """Returns when each client has the last message, or when that takes too long."""
    deadline = time.monotonic() + SETTLED_S
    while time.monotonic() < deadline:
        if all(max(it.heard, default=0) >= last_number(hospital, it) for it in clients):
            return
        await asyncio.sleep(0.2)


def last_number(hospital: Hospital, client: Client) -> int:
    with engine_of(hospital, "notifications").connect() as connection:
        return int(
            connection.execute(
                text("SELECT last_number FROM inboxes WHERE recipient_id = :it"),
                {"it": client.person.user_id},
            ).scalar_one()
        )
