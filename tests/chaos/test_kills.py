"""20 SIGKILLs among replicas while 6 clients book with keys: nothing lost, nothing doubled.

`make chaos` runs it; the seed is printed, `--red no-keys` takes the idempotency keys away.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from sqlalchemy import text

from tests.cluster.conftest import UNLIMITED
from tests.cluster.people import Person, apart, person
from tests.cluster.stack import Hospital
from tests.cluster.test_booking_race import engine_of, overlaps

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

SEED = int(os.environ.get("SEED", "1"))
KILLS = 20
PAUSE_S = 3.5
CLIENTS = 6
TRIES = 60
SETTLED_S = 60
DAYS = 60
VICTIMS = ("appointments", "users", "notifications")


@dataclass
class History:
    """What the clients believe.

    Attributes:
        booked: ids of acknowledged bookings.
        first_tries: statuses of first tries; 0 is a broken connection.
        retried: how many bookings needed more than one try.
    """

    booked: list[str] = field(default_factory=list)
    first_tries: Counter[int] = field(default_factory=Counter)
    retried: int = 0


@pytest.fixture
def shaken(folder: Path) -> Iterator[Hospital]:
    replicas = {"appointments": 2, "users": 2, "notifications": 2}
    stack = Hospital(folder / "shaken", replicas=replicas, settings=UNLIMITED).start()
    yield stack
    assert stack.stop() == 0


def replicas_of(hospital: Hospital) -> list[psutil.Process]:
    """Replica processes of this hospital: those whose environment names its data folder."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        title = " ".join(process.info["cmdline"] or [])
        if not title.startswith("ray::ServeReplica"):
            continue
        if title.split(":")[3] in VICTIMS and _belongs(process, hospital):
            found.append(process)
    return found


def _belongs(process: psutil.Process, hospital: Hospital) -> bool:
    try:
        return process.environ().get("MEDRAY_DATA_DIR") == str(hospital.data)
    except psutil.Error:
        return False


async def kill_some(hospital: Hospital, chance: random.Random, kills: list[str]) -> None:
    while len(kills) < KILLS:
        await asyncio.sleep(PAUSE_S)  # the pace of the kills, not a wait for something
        victims = replicas_of(hospital)
        if victims:
            victim = chance.choice(sorted(victims, key=lambda process: process.pid))
            kills.append(" ".join(victim.cmdline()).split(":")[3])
            victim.send_signal(signal.SIGKILL)


async def book_until(
    patient: Person,
    slots: AsyncIterator[dict[str, Any]],
    history: History,
    running: Callable[[], bool],
    *,
    keyed: bool,
) -> None:
    async for slot in slots:
        if not running():
            return
        key = uuid4().hex if keyed else None
        for attempt in range(TRIES):
            status, answer = await try_to_book(patient, slot, key)
            if attempt == 0:
                history.first_tries[status] += 1
            if status == 201:
                history.booked.append(answer["id"])
                history.retried += attempt > 0
                break
            if status == 409 and answer["code"] != "idempotency_key_in_flight":
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("a booking never got through")


async def try_to_book(
    patient: Person, slot: dict[str, Any], key: str | None
) -> tuple[int, dict[str, Any]]:
    try:
        answer = await patient.book(slot, key)
        return answer.status_code, answer.json()
    except (httpx.HTTPError, ValueError):
        return 0, {}


async def own_slots(patient: Person, reason: str, share: int) -> AsyncIterator[dict[str, Any]]:
    """Slots that nobody else asks for, so that a 409 can only mean a booking of our own."""
    last = datetime.now(UTC).date() + timedelta(days=DAYS)
    page = {"limit": 100, "reason_id": reason, "to": last.isoformat()}
    while True:
        answer = await patient.http.get("/api/v1/appointments/slots", params=page)
        if answer.status_code != 200:
            await asyncio.sleep(0.1)
            continue
        found = answer.json()
        for slot in apart(found["items"]):
            if hash_of(slot) % CLIENTS == share:
                yield slot
        if not found["next_cursor"]:
            return
        page["cursor"] = found["next_cursor"]


def hash_of(slot: dict[str, Any]) -> int:
    return int(slot["practitioner_id"].replace("-", ""), 16)


async def settled(hospital: Hospital) -> None:
    """Waits until every outbox is empty."""
    deadline = time.monotonic() + SETTLED_S
    pending = 1
    while pending:
        assert time.monotonic() < deadline, f"{pending} events were not delivered"
        with engine_of(hospital, "appointments").connect() as connection:
            pending = connection.execute(
                text("SELECT count(*) FROM outbox WHERE state <> 'sent'")
            ).scalar_one()
        await asyncio.sleep(0.2)


async def test_nothing_is_lost_or_doubled(shaken: Hospital, red: Callable[[str], bool]) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    history, kills = History(), list[str]()
    async with AsyncExitStack() as stack:
        patients = [await stack.enter_async_context(person(shaken.url)) for _ in range(CLIENTS)]
        for patient in patients:
            await patient.register()
        reason = await patients[0].reason()
        killing = asyncio.create_task(kill_some(shaken, chance, kills))
        await asyncio.gather(
            *(
                book_until(
                    patient,
                    own_slots(patient, reason, share),
                    history,
                    lambda: not killing.done(),
                    keyed=not red("no-keys"),
                )
                for share, patient in enumerate(patients)
            ),
            killing,
        )
        people = [patient.user_id for patient in patients]
    await settled(shaken)
    print(
        f"kills {dict(Counter(kills))}; bookings {len(history.booked)}, {history.retried} retried"
    )
    print(f"first tries {dict(history.first_tries)}")
    check(shaken, history, people)


def check(hospital: Hospital, history: History, people: list[str]) -> None:
    """The databases against the history: never against what a client believes alone."""
    assert len(set(history.booked)) == len(history.booked) > 0
    with engine_of(hospital, "appointments").connect() as connection:
        stored = set(
            connection.execute(
                text("SELECT id::text FROM appointments WHERE patient_id = ANY(:people ::uuid[])"),
                {"people": people},
            ).scalars()
        )
    lost, extra = set(history.booked) - stored, stored - set(history.booked)
    assert (len(lost), len(extra)) == (0, 0)
    assert overlaps(hospital) == 0
    with engine_of(hospital, "notifications").connect() as connection:
        told = Counter(
            connection.execute(
                text(
                    "SELECT data->>'appointment_id', recipient_id FROM notifications"
                    " WHERE workflow LIKE 'appointments.booked.%'"
                )
            ).all()
        )
    assert set(told.values()) == {1}
    assert Counter(appointment for appointment, _ in told) == Counter(history.booked * 2)
