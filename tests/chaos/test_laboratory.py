"""5,000 messages of analyzers, 1 % broken, 5 % sent again, while workers are killed 10 times.

Each good value is stored once, each that cannot be placed is held, each broken message is kept;
workers grow with the backlog and shrink again while every other deployment stays as it was.
`make chaos` runs it; `MESSAGES` and `SEED` change it; `--red lease-end` makes leases endless, so
that nobody takes over what a dead worker had.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from deployments.launch.applications import Applications
from tests.chaos.test_kills import _belongs
from tests.cluster.conftest import UNLIMITED
from tests.cluster.people import LABORATORY, RECORDS, Person, person
from tests.cluster.stack import Hospital
from tests.cluster.test_booking_race import engine_of
from tests.factories.analyzers import code_of, oru, send

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SEED = int(os.environ.get("SEED", "1"))
MESSAGES = int(os.environ.get("MESSAGES", "5000"))
LOST = 0.04
KILLS = 10
ANALYZERS = 4
SETTLED_S = 180
TESTS = ("NA", "K", "CL", "CREA", "UREA", "GLU", "CA", "MG", "ALT", "AST")
UNITS = {"CREA": "umol/L", "ALT": "U/L", "AST": "U/L"}


@dataclass
class Sent:
    """What the analyzers sent.

    Attributes:
        good: accession and code of each value that must be stored once.
        lost: control ids whose specimen nobody knows: they must be held.
        broken: how many could not be read.
    """

    good: set[tuple[str, str]] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    broken: int = 0
    answers: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def shaken(folder: Path, red: Any) -> Iterator[Hospital]:
    endless = {"MEDRAY_LABORATORY_WORKER_LEASE_S": "86400"} if red("lease-end") else {}
    stack = Hospital(folder / "laboratory", settings=UNLIMITED | endless).start()
    yield stack
    assert stack.stop() == 0


def workers_of(hospital: Hospital) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        title = " ".join(process.info["cmdline"] or [])
        if title.startswith("ray::ServeReplica:laboratory:LabWorker"):
            found.append(process)
    return [process for process in found if _belongs(process, hospital)]


async def lay_out(hospital: Hospital) -> list[tuple[str, str]]:
    """Orders with their specimens on the bench: accession and code of each test."""
    async with AsyncExitStack() as stack:
        patient, doctor, technician = [
            await stack.enter_async_context(person(hospital.url)) for _ in range(3)
        ]
        await patient.register(birth_date="1968-05-01", gender="female")
        await doctor.sign_in("doctor@medray.example")
        await technician.sign_in("laboratory@medray.example")
        chart = f"{RECORDS}/patients/{patient.user_id}"
        await doctor.did(f"{chart}/encounters", {"encounter_class": "AMB", "walk_in": True})
        wanted = round(MESSAGES * (1 - LOST) / len(TESTS))
        at_once = asyncio.Semaphore(4)

        async def lay() -> list[tuple[str, str]]:
            async with at_once:
                return await one_order(doctor, technician, patient.user_id)

        orders = await asyncio.gather(*(lay() for _ in range(wanted)))
        return [pair for order in orders for pair in order]


async def one_order(doctor: Person, technician: Person, patient_id: str) -> list[tuple[str, str]]:
    wanted = {"patient_id": patient_id, "tests": list(TESTS)}
    order = await doctor.did(f"{LABORATORY}/orders", wanted)
    numbers = {}
    for specimen in order["specimens"]:
        path = f"{LABORATORY}/specimens/{specimen['id']}"
        await technician.did(f"{path}/collect", {})
        await technician.did(f"{path}/receive", {})
        await technician.did(f"{path}/accept")
        numbers[specimen["id"]] = specimen["accession"]
    return [(numbers[test["specimen_id"]], test["code"]) for test in order["tests"]]


def messages_of(pairs: list[tuple[str, str]], chance: random.Random, sent: Sent) -> list[bytes]:
    """Good ones, ones for unknown specimens, broken ones, and 5 % of them again."""
    made: list[bytes] = []
    for number in range(MESSAGES):
        accession, code = pairs[number % len(pairs)]
        known = number < len(pairs)
        value = ("4.1", UNITS.get(code, "mmol/L"))
        raw = oru(accession, (code, *value), control_id=f"c{number}")
        if chance.random() < 0.01:
            raw = raw.replace(b"ORU^R01", b"ORX^R01")
            sent.broken += 1
        elif known:
            sent.good.add((accession, code))
        else:
            lost = f"99{number:010d}"
            raw = oru(lost, (code, *value), control_id=f"c{number}")
            sent.lost.add(lost)
        made.append(raw)
        if chance.random() < 0.05 and b"ORX" not in raw:
            made.append(raw)
    return made


async def analyze(port: int, queue: list[bytes], sent: Sent) -> None:
    """One analyzer: sends until there is nothing left, and again what was not answered."""
    while queue:
        batch = [queue.pop() for _ in range(min(20, len(queue)))]
        while batch:
            try:
                for answer in await send(port, *batch):
                    sent.answers[code_of(answer)] += 1
                batch = []
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.2)


async def kill_workers(hospital: Hospital, chance: random.Random, pause_s: float) -> int:
    killed = 0
    while killed < KILLS:
        await asyncio.sleep(pause_s)  # the pace of the kills, not a wait for something
        victims = sorted(workers_of(hospital), key=lambda process: process.pid)
        if victims:
            chance.choice(victims).send_signal(signal.SIGKILL)
            killed += 1
    return killed


def replicas(hospital: Hospital) -> dict[str, int]:
    """Replicas that Serve wants, by deployment."""
    address = hospital.environment["RAY_DASHBOARD_ADDRESS"].removeprefix("http://")
    serve = Applications(address, (hospital.data / "ray-token").read_text().strip())
    return {
        name: int(deployment["target_num_replicas"])
        for application in serve.details().values()
        for name, deployment in application["deployments"].items()
    }


async def watch(hospital: Hospital, seen: list[dict[str, int]], done: asyncio.Event) -> None:
    while not done.is_set():
        seen.append(await asyncio.to_thread(replicas, hospital))
        await asyncio.sleep(1)


def count(hospital: Hospital, query: str) -> int:
    with engine_of(hospital, "laboratory").connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


async def wait_until_worked_off(hospital: Hospital) -> None:
    open_jobs = "SELECT count(*) FROM lab_jobs WHERE status IN ('waiting', 'running')"
    async with asyncio.timeout(SETTLED_S):
        while await asyncio.to_thread(count, hospital, open_jobs):
            await asyncio.sleep(0.5)


async def test_nothing_is_lost_or_doubled_and_workers_follow_the_backlog(
    shaken: Hospital,
) -> None:
    chance, sent, seen, done = random.Random(SEED), Sent(), list[dict[str, int]](), asyncio.Event()
    pairs = await lay_out(shaken)
    queue = messages_of(pairs, chance, sent)
    watching = asyncio.create_task(watch(shaken, seen, done))
    began = time.monotonic()
    killing = asyncio.create_task(kill_workers(shaken, chance, pause_s=6))
    total = len(queue)
    await asyncio.gather(*(analyze(shaken.mllp_port, queue, sent) for _ in range(ANALYZERS)))
    taken_s = time.monotonic() - began
    killed = await killing
    await wait_until_worked_off(shaken)
    worked_s = time.monotonic() - began
    async with asyncio.timeout(SETTLED_S):
        while replicas(shaken)["LabWorker"] > 1:
            await asyncio.sleep(1)
    done.set()
    await watching
    seen.append(replicas(shaken))
    most = max(one["LabWorker"] for one in seen)
    print(
        f"\nseed {SEED}: {total} messages taken in {taken_s:.0f} s ({total / taken_s:.0f}/s),"
        f" worked off after {worked_s:.0f} s ({total / worked_s:.0f}/s), {killed} kills,"
        f" workers 1 -> {most} -> {seen[-1]['LabWorker']}, answers {dict(sent.answers)}"
    )
    check(shaken, sent)
    others = {frozenset((n, c) for n, c in one.items() if n != "LabWorker") for one in seen}
    assert len(others) == 1, "another deployment changed"
    assert most > 1
    assert seen[-1]["LabWorker"] == 1


def check(hospital: Hospital, sent: Sent) -> None:
    """What is in the database is what was sent."""
    stored = (
        "SELECT count(*) FROM test_results r JOIN lab_tests t ON t.id = r.test_id"
        " WHERE r.source = 'hl7'"
    )
    assert count(hospital, stored) == len(sent.good)
    assert count(hospital, f"{stored} AND r.version > 1") == 0
    held = "SELECT count(*) FROM held_results WHERE reason = 'unknown_accession'"
    assert count(hospital, held) == len(sent.lost)
    assert count(hospital, "SELECT count(*) FROM held_results") == len(sent.lost)
    refused = "SELECT count(*) FROM analyzer_messages WHERE status = 'refused'"
    assert count(hospital, refused) == sent.broken
    assert count(hospital, "SELECT count(*) FROM analyzer_messages WHERE status = 'waiting'") == 0
    assert count(hospital, "SELECT count(*) FROM lab_jobs WHERE status = 'failed'") == 0
