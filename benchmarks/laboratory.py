"""The laboratory's figures: `python -m benchmarks.laboratory`.

Results verified per second by one worker, reports (PDF) per second, and what verifying a result
and reading a patient's values cost with 10,000 and 1,000,000 stored results, side by side in turn,
so that a busy machine slows both alike. In process on a real PostgreSQL: the worker is the one that
the `LabWorker` deployment runs.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from rich.console import Console
from sqlalchemy import Connection, Table, text

from benchmarks.growth import on_postgres, show
from deployments.access import Principal, Role
from deployments.journal import Journal
from deployments.laboratory import catalogue_files
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.intake import Intake
from deployments.laboratory.order_schemas import LabOrderRequest
from deployments.laboratory.report_pdf import Issue, render
from deployments.laboratory.report_schemas import ReportContent, ReportQuery
from deployments.laboratory.result_schemas import SeriesQuery
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.specimen_schemas import Collection, Receipt
from deployments.laboratory.verification_schemas import ModeRequest
from deployments.laboratory.worker import Worker
from deployments.laboratory.worker_handlers import HANDLERS
from storage import migrate
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres
from storage.laboratory.tables import ORDERS, RESULTS, SPECIMENS, TESTS, VALUES
from tests.factories.analyzers import cbc, oru
from tests.factories.appointments import principal
from tests.factories.pharmacy import FakeRecords

SIZES: Final = (10_000, 1_000_000)
EACH: Final = 20
"""Stored results of a patient."""
ROUNDS: Final = 200
BATCH: Final = 400
RENDERED: Final = 100
OWN_ID: Final = {
    ORDERS: {"id": "o"},
    SPECIMENS: {"id": "s", "order_id": "o", "accession": "'x' || i"},
    TESTS: {"id": "t", "order_id": "o", "specimen_id": "s"},
    RESULTS: {"id": "r", "test_id": "t"},
    VALUES: {"id": "v", "result_id": "r", "test_id": "t"},
}
"""What differs in each copy; the patient does everywhere."""


@dataclass
class Laboratory:
    """A laboratory with so many results stored."""

    stored: int
    database: Database
    service: LaboratoryService
    records: FakeRecords
    doctor: Principal
    technician: Principal
    patients: list[UUID] = field(default_factory=list)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    sent: int = 0

    async def lay(self, patient_id: UUID, code: str = "K") -> str:
        """Orders a test and brings its specimen to the bench; the number."""
        request = LabOrderRequest(patient_id=patient_id, tests=[code])
        order = await self.service.ordering.place(self.doctor, request)
        tube = order.specimens[0]
        await self.service.specimens.collect(self.technician, tube.id, Collection())
        await self.service.specimens.receive(self.technician, tube.id, Receipt())
        await self.service.specimens.accept(self.technician, tube.id)
        return tube.accession

    async def send(self, accession: str, *values: tuple[str, str, str]) -> None:
        """A message of an analyzer."""
        self.sent += 1
        message = oru(accession, *values, control_id=f"c{self.sent}")
        await Intake(self.database, self.service.desk.clock, UTC).receive(message)

    async def work(self) -> None:
        """One worker, until nothing is left."""
        worker = Worker(
            self.database,
            Catalogue(self.database).current,
            HANDLERS,
            name="benchmark",
            settings=LaboratorySettings(),
            clock=self.service.desk.clock,
        )
        while await worker.work_once():
            pass


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


async def open_laboratory(postgres: EmbeddedPostgres, stored: int) -> Laboratory:
    """Makes a database with the catalogue and so many released results of potassium."""
    name = f"results_{stored}"
    postgres.create_database(name)
    migrate.upgrade("laboratory", postgres.url(name))
    catalogue_files.load_at(postgres.url(name))
    database = Database(postgres.url(name), statement_timeout_ms=900_000)
    records, doctor = FakeRecords(), principal(Role.DOCTOR)
    service = LaboratoryService(database, records, Journal(database), clock=now)
    lab = Laboratory(stored, database, service, records, doctor, principal(Role.LAB_TECHNICIAN))
    manager = principal(Role.ADMINISTRATOR)
    for code in ("K", "CBC"):
        await service.verification.set_mode(manager, code, ModeRequest(mode="live"))
    await lab.send(await lab.lay(records.admit(doctor).user_id), ("K", "4.1", "mmol/L"))
    await lab.work()
    with database.engine.begin() as connection:
        multiply(connection, stored)
        rows = connection.execute(text("SELECT DISTINCT p FROM copies LIMIT 300"))
        lab.patients = list(rows.scalars())
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    chart = next(iter(records.charts.values()))
    for patient_id in lab.patients:
        records.charts[patient_id] = chart.model_copy(update={"patient_id": patient_id})
        records.treating.add((doctor.user_id, patient_id))
    return lab


def multiply(connection: Connection, stored: int) -> None:
    """Copies the one released result, order and specimen with it, to many patients."""
    connection.execute(
        text(
            "CREATE TABLE copies AS SELECT i, gen_random_uuid() o, gen_random_uuid() s,"
            " gen_random_uuid() t, gen_random_uuid() r, gen_random_uuid() v,"
            f" md5('p' || (i % {max(1, stored // EACH)}))::uuid p"
            f" FROM generate_series(1, {stored}) i"
        )
    )
    for table, own in OWN_ID.items():
        connection.execute(text(copying(table, own)))


def copying(table: Table, own: dict[str, str]) -> str:
    """The statement that copies the one row of a table."""
    columns = [column.name for column in table.columns]
    chosen = {name: f"one.{name}" for name in columns} | own | {"patient_id": "p"}
    if table is VALUES:
        chosen["observed_at"] = "one.observed_at - make_interval(days => (i % 300)::int + 1)"
    listed = ", ".join(chosen[name] for name in columns)
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {listed}"  # ours
        f" FROM copies, (SELECT * FROM {table.name} LIMIT 1) one"
    )


async def verify(lab: Laboratory, place: int) -> float:
    """Seconds from a waiting message to the released result."""
    patient_id = lab.patients[place % len(lab.patients)]
    await lab.send(await lab.lay(patient_id), ("K", "4.2", "mmol/L"))
    began = time.perf_counter()
    await lab.work()
    return time.perf_counter() - began


async def read(lab: Laboratory, place: int) -> float:
    """Seconds for a patient's last values of potassium."""
    patient_id = lab.patients[place % len(lab.patients)]
    began = time.perf_counter()
    query = SeriesQuery(parameter=["K"])
    found = await lab.service.result_reading.series(lab.doctor, patient_id, query)
    assert len(found.items) >= EACH, "the copies are read"  # noqa: S101
    return time.perf_counter() - began


async def measure(
    labs: list[Laboratory], name: str, act: Callable[[Laboratory, int], Awaitable[float]]
) -> None:
    """Asks each in turn."""
    for lab in labs:
        await act(lab, 0)
    for place in range(ROUNDS):
        for lab in labs:
            lab.latencies.setdefault(name, []).append(await act(lab, place))


async def throughput(lab: Laboratory, console: Console) -> None:
    """How much one worker does of whole blood counts."""
    patient_id = lab.patients[0]
    numbers = [await lab.lay(patient_id, "CBC") for _ in range(BATCH)]
    for number in numbers:
        await lab.send(number, *cbc())
    began = time.perf_counter()
    await lab.work()
    spent = time.perf_counter() - began
    console.print(
        f"{BATCH} blood counts (14 values, 17 on paper) stored, verified, released and reported"
        f" in both languages: {BATCH / spent:.1f} a second by one worker"
    )
    page = await lab.service.reports.list_page(lab.doctor, patient_id, ReportQuery(limit=1))
    paper(page.items[0].content, console)


def paper(content: ReportContent, console: Console) -> None:
    """How fast a blood count with its trends is printed."""
    issue = Issue(content.order_id, 1, "final", now(), "Asia/Ho_Chi_Minh", "medray hospital")
    render(content, issue, "vi")
    began = time.perf_counter()
    for _ in range(RENDERED):
        render(content, issue, "vi")
    console.print(f"reports (PDF, one language): {RENDERED / (time.perf_counter() - began):.0f}/s")


async def compare(postgres: EmbeddedPostgres, console: Console) -> None:
    """Fills, measures, prints."""
    labs: list[Laboratory] = []
    for stored in SIZES:
        with console.status(f"storing {stored:,} results"):
            labs.append(await open_laboratory(postgres, stored))
    acts: dict[str, Any] = {"store, verify, release, report": verify, "a patient's values": read}
    for name, act in acts.items():
        with console.status(name):
            await measure(labs, name, act)
    console.print(show(labs))
    with console.status("one worker"):
        await throughput(labs[0], console)
    for lab in labs:
        await lab.database.close()


def main() -> None:
    """Prints everything."""
    on_postgres(compare)


if __name__ == "__main__":
    main()
