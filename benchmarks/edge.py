"""Routes under Ray Serve against the same routes under plain uvicorn, side by side in one run.

`python -m benchmarks.edge` starts a hospital of its own and prints a table: requests per second,
p50 and p95 of each, and the ratio. Rounds alternate, so that a busy machine slows both.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, text

from benchmarks.care import Care, care_asks, set_care
from benchmarks.load import Ask, Outcome, run, status_of
from deployments.importer.seed import DEMO_PASSWORD
from tests.cluster.conftest import UNLIMITED
from tests.cluster.people import APPOINTMENTS, USERS, apart, person
from tests.cluster.stack import ROOT, Hospital, free_port

ROUNDS = 3
SECONDS = 3.0
CLIENTS = (1, 16)
PATIENTS = 16
DAYS = 60


@dataclass
class Scene:
    """Who asks, and for what.

    Attributes:
        tokens: Authorization headers of patients.
        slots: by client, slots that only this client books.
        visit: an appointment of the first patient.
        nurse: Authorization header of a nurse.
        care: a doctor who treats the patients.
    """

    tokens: list[dict[str, str]]
    patients: list[str]
    slots: list[list[dict[str, Any]]]
    reason: str
    doctor: str
    visit: str
    nurse: dict[str, str]
    today: str
    care: Care


async def set_scene(url: str) -> Scene:
    """Registers patients, finds slots far apart, books one visit."""
    tokens, patients = [], []
    for _ in range(PATIENTS):
        async with person(url) as patient:
            await patient.register()
            tokens.append({"Authorization": patient.http.headers["Authorization"]})
            patients.append(patient.user_id)
    async with person(url) as nurse, person(url) as first:
        await nurse.sign_in("nurse@medray.example", DEMO_PASSWORD)
        await first.register()
        reason = await first.reason()
        slots = await all_slots(first, reason)
        doctors = sorted({slot["practitioner_id"] for slot in slots})
        per_doctor = {
            doctor: apart([slot for slot in slots if slot["practitioner_id"] == doctor])
            for doctor in doctors
        }
        shares = [per_doctor[doctors[n % len(doctors)]][n // len(doctors) :: 2] for n in range(16)]
        booked = await first.book(per_doctor[doctors[0]].pop())
        tokens[0] = {"Authorization": first.http.headers["Authorization"]}
        patients[0] = first.user_id
        care = await treat(url, patients)
        return Scene(
            tokens,
            patients,
            shares,
            reason,
            doctors[0],
            booked.json()["id"],
            {"Authorization": nurse.http.headers["Authorization"]},
            datetime.now(UTC).date().isoformat(),
            care,
        )


async def treat(url: str, patients: list[str]) -> Care:
    """A doctor who treats all of them."""
    async with person(url) as doctor:
        await doctor.sign_in("doctor@medray.example", DEMO_PASSWORD)
        return await set_care(doctor, patients)


async def all_slots(patient: Any, reason: str) -> list[dict[str, Any]]:
    """Every free slot of the coming weeks."""
    last = datetime.now(UTC).date() + timedelta(days=DAYS)
    page: dict[str, Any] = {"limit": 100, "reason_id": reason, "to": last.isoformat()}
    found: list[dict[str, Any]] = []
    while True:
        answer = (await patient.http.get(f"{APPOINTMENTS}/slots", params=page)).json()
        found += answer["items"]
        if not answer["next_cursor"]:
            return found
        page["cursor"] = answer["next_cursor"]


def asks(url: str, scene: Scene, clients: int) -> dict[str, Ask]:
    """The requests, by what a person would call them."""
    shares_each = PATIENTS // clients  # few clients book for several people, to have enough slots

    async def sign_in(session: aiohttp.ClientSession, client: int, request: int) -> int:
        body = {"email": "visitor@example.org", "password": DEMO_PASSWORD}
        return await status_of(session.post(f"{url}{USERS}/sign-in", json=body))

    async def search(session: aiohttp.ClientSession, client: int, request: int) -> int:
        query = {"reason_id": scene.reason, "practitioner_id": scene.doctor}
        headers = scene.tokens[client]
        return await status_of(
            session.get(f"{url}{APPOINTMENTS}/slots", params=query, headers=headers)
        )

    async def read(session: aiohttp.ClientSession, client: int, request: int) -> int:
        return await status_of(
            session.get(f"{url}{APPOINTMENTS}/{scene.visit}", headers=scene.tokens[0])
        )

    async def day(session: aiohttp.ClientSession, client: int, request: int) -> int:
        path = f"{APPOINTMENTS}/days/{scene.doctor}"
        query = {"date": scene.today}
        return await status_of(session.get(f"{url}{path}", params=query, headers=scene.nurse))

    async def book(session: aiohttp.ClientSession, client: int, request: int) -> int:
        turn, share = divmod(request, shares_each)
        person = (client + share * (PATIENTS // shares_each)) % PATIENTS
        slots = scene.slots[person]
        slot = slots[turn % len(slots)]
        body = {name: slot[name] for name in ("practitioner_id", "reason_id", "start")}
        return await status_of(
            session.post(f"{url}{APPOINTMENTS}", json=body, headers=scene.tokens[person])
        )

    return {
        "sign in": sign_in,
        "search slots": search,
        "read an appointment": read,
        "list a day": day,
        "book": book,
        **care_asks(url, scene.care, scene.tokens, scene.patients),
    }


@contextmanager
def plain_uvicorn(hospital: Hospital) -> Iterator[str]:
    """The same services in one uvicorn process, on the same databases."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.plain:application"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "warning", "--no-access-log"],
        cwd=ROOT,
        env=os.environ | hospital.environment,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not _answers(f"{url}{USERS}/.well-known/jwks.json"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("plain uvicorn did not start")
        time.sleep(0.2)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def forget_bookings(hospital: Hospital, scene: Scene) -> None:
    """Makes the booked slots free again."""
    engine = create_engine(hospital.environment["MEDRAY_APPOINTMENTS_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE appointments SET status = 'cancelled'"
                " WHERE patient_id = ANY(CAST(:people AS uuid[])) AND id <> :visit"
            ),
            {"people": scene.patients, "visit": scene.visit},
        )
    engine.dispose()


async def compare(hospital: Hospital, urls: dict[str, str], console: Console) -> Table:
    """Runs every request at every number of clients, in alternating rounds."""
    scene = await set_scene(hospital.url)
    table = Table("request", "clients", "Serve /s", "p50 ms", "p95 ms", "uvicorn /s", "ratio")
    for what in asks("", scene, 1):
        for clients in CLIENTS:
            requests = {name: asks(url, scene, clients) for name, url in urls.items()}
            outcomes: dict[str, list[Outcome]] = {name: [] for name in urls}
            for _ in range(ROUNDS):
                for name in urls:
                    outcomes[name].append(
                        await run(requests[name][what], clients=clients, seconds=SECONDS)
                    )
                    if what == "book":
                        forget_bookings(hospital, scene)
            table.add_row(*row(what, clients, outcomes))
            console.print(f"{what}, {clients}: {statuses(outcomes)}")
    return table


def statuses(outcomes: dict[str, list[Outcome]]) -> str:
    """The statuses seen, so that a fast refusal is not taken for a fast answer."""
    seen = {
        name: dict(sum((one.statuses for one in found), Counter()))
        for name, found in outcomes.items()
    }
    return str(seen)


def row(what: str, clients: int, outcomes: dict[str, list[Outcome]]) -> list[str]:
    """One line of the table: medians over the rounds."""

    def median(name: str, figure: str, *args: int) -> float:
        values = [getattr(one, figure) for one in outcomes[name]]
        return statistics.median(value(*args) if callable(value) else value for value in values)

    pairs = zip(outcomes["serve"], outcomes["uvicorn"], strict=True)
    ratio = statistics.median(serve.per_second / plain.per_second for serve, plain in pairs)
    return [
        what,
        str(clients),
        f"{median('serve', 'per_second'):.0f}",
        f"{median('serve', 'percentile_ms', 50):.1f}",
        f"{median('serve', 'percentile_ms', 95):.1f}",
        f"{median('uvicorn', 'per_second'):.0f}",
        f"{ratio:.2f}",
    ]


def main() -> None:
    """Prints the table."""
    console = Console(width=100)
    with tempfile.TemporaryDirectory(prefix="medray-bench-") as folder:
        hospital = Hospital(Path(folder), settings=UNLIMITED).start()
        try:
            with plain_uvicorn(hospital) as plain:
                urls = {"serve": hospital.url, "uvicorn": plain}
                console.print(asyncio.run(compare(hospital, urls, console)))
        finally:
            hospital.stop()


if __name__ == "__main__":
    main()
