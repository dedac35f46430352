"""Booking and searching with 10,000, 100,000 and 1,000,000 visits stored, side by side.

`python -m benchmarks.growth` makes three databases and asks each in turn, so that a busy machine
slows all alike; prints p50, p95 and their ratio to the smallest.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from deployments.appointments.schemas import AppointmentRequest, SlotQuery
from deployments.appointments.service import AppointmentService
from storage import migrate
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres
from tests.factories import appointments as factory

SIZES = (10_000, 100_000, 1_000_000)
DOCTORS = 200
ROUNDS = 400
FILL = """
INSERT INTO appointments (id, status, patient_id, practitioner_id, reason_id, start, "end",
  occupied, created_by, created_at, updated_by, updated_at, booked_at, version)
SELECT uuidv7(), 'fulfilled', md5(d::text || ':' || (k % 400))::uuid, doctor, :reason,
  t, t + interval '30 min', tstzrange(t, t + interval '30 min'), doctor, t, doctor, t, t, 1
FROM unnest(CAST(:doctors AS uuid[])) WITH ORDINALITY AS doctors(doctor, d),
  generate_series(1, :each) AS k,
  LATERAL (SELECT CAST(:now AS timestamptz) - k * interval '40 min' AS t) AS times
"""


@dataclass
class Clinic:
    """A service with so many visits stored."""

    stored: int
    database: Database
    service: AppointmentService
    people: factory.FakePeople
    reason: object
    latencies: dict[str, list[float]] = field(default_factory=dict)
    turn: int = 0


def open_clinic(postgres: EmbeddedPostgres, stored: int) -> Clinic:
    """Makes and fills a database."""
    name = f"stored_{stored}"
    postgres.create_database(name)
    migrate.upgrade("appointments", postgres.url(name))
    people = factory.FakePeople()
    doctors = [people.add_doctor().user_id for _ in range(DOCTORS)]
    database = Database(postgres.url(name), statement_timeout_ms=600_000)

    def fill(connection: Connection) -> object:
        reason = factory.reason_id(connection)
        for doctor in doctors:
            factory.add_hours(connection, doctor)
        connection.execute(
            text(FILL),
            {
                "reason": reason,
                "doctors": doctors,
                "each": stored // DOCTORS,
                "now": factory.NOW,
            },
        )
        return reason

    with database.engine.begin() as connection:
        reason = fill(connection)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    service = AppointmentService(
        database, people, time_zone=factory.ZONE, clock=lambda: factory.NOW
    )
    return Clinic(stored, database, service, people, reason)


async def book(clinic: Clinic, chance: random.Random) -> None:
    """Books a free time of one doctor for a new patient."""
    doctors = list(clinic.people.doctors)
    days, place = divmod(clinic.turn // len(doctors), 16)
    start = factory.local(8) + timedelta(days=days, minutes=30 * place)
    doctor = doctors[clinic.turn % len(doctors)]
    clinic.turn += 1
    request = AppointmentRequest.model_validate(
        {"practitioner_id": doctor, "reason_id": clinic.reason, "start": start}
    )
    await clinic.service.booking.book(clinic.people.add_patient(), request)


async def search(clinic: Clinic, chance: random.Random) -> None:
    """Searches the coming two weeks of five doctors."""
    doctors = chance.sample(list(clinic.people.doctors), 5)
    query = SlotQuery.model_validate({"reason_id": clinic.reason, "practitioner_id": doctors})
    await clinic.service.slots.search(factory.patient(), query)


async def measure(
    clinics: list[Clinic], name: str, act: Callable[[Clinic, random.Random], Awaitable[None]]
) -> None:
    """Lets every clinic act in turn; the first tenth warms up."""
    chance = random.Random(3)
    for number in range(ROUNDS):
        for clinic in clinics:
            began = time.perf_counter()
            await act(clinic, chance)
            if number >= ROUNDS // 10:
                clinic.latencies.setdefault(name, []).append(time.perf_counter() - began)


class Measured(Protocol):
    """Something with so much stored, and how long its operations took, seconds."""

    @property
    def stored(self) -> int:
        """How much."""

    @property
    def latencies(self) -> dict[str, list[float]]:
        """By operation."""


def show(clinics: Sequence[Measured]) -> Table:
    """Percentiles and their ratio to the smallest."""
    table = Table("operation", "stored", "p50 ms", "p95 ms", "p50 ratio", "p95 ratio")
    for name in clinics[0].latencies:
        first: tuple[float, float] | None = None
        for clinic in clinics:
            cuts = statistics.quantiles(clinic.latencies[name], n=100)
            p50, p95 = cuts[49] * 1000, cuts[94] * 1000
            first = first or (p50, p95)
            ratios = f"{p50 / first[0]:.2f}", f"{p95 / first[1]:.2f}"
            table.add_row(name, f"{clinic.stored:,}", f"{p50:.1f}", f"{p95:.1f}", *ratios)
    return table


async def compare(postgres: EmbeddedPostgres, console: Console) -> None:
    """Fills, measures, prints."""
    clinics = []
    for stored in SIZES:
        with console.status(f"storing {stored:,} visits"):
            clinics.append(open_clinic(postgres, stored))
    for name, act in {"book": book, "search slots": search}.items():
        with console.status(name):
            await measure(clinics, name, act)
    console.print(show(clinics))
    for clinic in clinics:
        await clinic.database.close()


def on_postgres(compare: Callable[[EmbeddedPostgres, Console], Awaitable[None]]) -> None:
    """Runs a comparison on a PostgreSQL of its own, which is gone afterwards."""

    async def run(postgres: EmbeddedPostgres) -> None:
        await compare(postgres, Console(width=100))

    with tempfile.TemporaryDirectory(prefix="medray-growth-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            asyncio.run(run(postgres))
        finally:
            postgres.stop()


def main() -> None:
    """Prints the table."""
    on_postgres(compare)


if __name__ == "__main__":
    main()
