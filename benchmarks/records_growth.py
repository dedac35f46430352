"""Reading charts with 100 and 10,000 patients stored, side by side.

`python -m benchmarks.records_growth` makes two databases with the charts of the demo hospital, one
of them copied a hundred times, and asks each in turn, so that a busy machine slows all alike;
prints p50, p95 and their ratio to the smaller.
"""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import UUID

from rich.console import Console
from sqlalchemy import Column, Connection, select, text
from sqlalchemy import Table as Rows

from benchmarks.growth import on_postgres, show
from deployments.access import Principal
from deployments.importer.adapters import ChartsInProcess
from deployments.importer.assembly import assemble
from deployments.importer.ports import Silence
from deployments.importer.report import Report
from deployments.importer.seed import DATA
from deployments.journal import Journal
from deployments.medical_records.service import RecordsService
from deployments.medical_records.summary_schemas import TimelineQuery
from deployments.users.schemas import PatientBrief
from storage import migrate
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres
from storage.medical_records import tables
from tests.factories import medical_records as factory
from tests.factories.importer import FakeCalendar, FakeLaboratory, FakePeople

COPIES: Final = (1, 100)
ROUNDS: Final = 400
ZONE: Final = "Asia/Ho_Chi_Minh"
VISITS: Final = ("Appointment", "Schedule")
COPIED: Final = (
    tables.MedicalRecord,
    tables.Encounter,
    tables.Diagnosis,
    tables.Allergy,
    tables.Medication,
    tables.Procedure,
    tables.Immunization,
    tables.VitalSign,
    tables.EntryVersion,
)
RELATE: Final = """
INSERT INTO treatment_relations (patient_id, practitioner_id, kind, source_id, starts_at, version)
SELECT patient_id, :doctor, 'encounter', patient_id, :since, 0 FROM medical_records
"""


@dataclass
class Archive:
    """A service with so many charts stored."""

    stored: int
    database: Database
    service: RecordsService
    doctor: Principal
    patients: list[UUID]
    latencies: dict[str, list[float]] = field(default_factory=dict)


class Everybody(factory.FakeUsers):
    """Users who know every patient."""

    def __init__(self) -> None:
        super().__init__()
        self._anybody = self.patients[self.add_patient().user_id]

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Somebody with that id."""
        return self._anybody.model_copy(update={"id": patient_id})


async def open_archive(postgres: EmbeddedPostgres, copies: int) -> Archive:
    """Makes and fills a database; one doctor treats everybody."""
    name = f"copies_{copies}"
    postgres.create_database(name)
    migrate.upgrade("medical_records", postgres.url(name))
    people = Everybody()
    database = Database(postgres.url(name), statement_timeout_ms=900_000)
    service = RecordsService(database, people, Journal(database))
    await load(service)
    doctor = people.add_staff()
    with database.engine.begin() as connection:
        multiply(connection, copies)
        since = datetime(2026, 1, 1, tzinfo=UTC)
        connection.execute(text(RELATE), {"doctor": doctor.user_id, "since": since})
        patients = list(connection.execute(select(tables.MedicalRecord.patient_id)).scalars())
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return Archive(len(patients), database, service, doctor, patients)


async def load(service: RecordsService) -> None:
    """Imports the demo hospital's charts; its people and visits are kept in memory."""
    importer = assemble(
        FakePeople(),
        FakeCalendar(),
        ChartsInProcess(service),
        FakeLaboratory(),
        time_zone=ZONE,
        report=Report(print),
        progress=Silence(),
    )
    files = sorted(DATA.glob("*.ndjson.gz"))
    await importer.run([file for file in files if not file.name.startswith(VISITS)])


def multiply(connection: Connection, copies: int) -> None:
    """Copies every chart, each copy with ids and identifiers of its own."""
    for model in COPIED:
        table = cast("Rows", model.__table__)
        columns = [column for column in table.columns if column.computed is None]
        columns = [column for column in columns if column.identity is None]
        names = ", ".join(f'"{column.name}"' for column in columns)
        values = ", ".join(map(copied, columns))
        connection.execute(
            text(
                f"INSERT INTO {table.name} ({names}) SELECT {values}"
                f" FROM {table.name}, generate_series(2, :copies) AS k"
            ),
            {"copies": copies},
        )


def copied(column: Column[Any]) -> str:
    """What a column holds in copy `k`."""
    if column.name in {"id", "patient_id", "encounter_id", "entry_id"}:
        return f"md5({column.name}::text || ':' || k)::uuid"
    if column.name == "identifier_value":
        return "identifier_value || ':' || k"
    return f'"{column.name}"'


async def summarise(archive: Archive, patient_id: UUID) -> None:
    """Reads a chart at a glance."""
    await archive.service.summary.get(archive.doctor, patient_id)


async def follow(archive: Archive, patient_id: UUID) -> None:
    """Reads the first page of a timeline."""
    await archive.service.summary.list_timeline(archive.doctor, patient_id, TimelineQuery())


async def list_current(archive: Archive, patient_id: UUID) -> None:
    """Reads what the patient takes, from the database."""
    await archive.service.medications.list_current(archive.doctor, patient_id)


async def check_facts(archive: Archive, patient_id: UUID) -> None:
    """Reads the facts of the safety check."""
    await archive.service.safety.get_facts(archive.doctor, patient_id)


async def measure(
    archives: list[Archive], name: str, act: Callable[[Archive, UUID], Awaitable[None]]
) -> None:
    """Lets every archive act in turn, each time for another patient; the first tenth warms up."""
    chance = random.Random(3)
    for number in range(ROUNDS):
        for archive in archives:
            patient_id = chance.choice(archive.patients)
            began = time.perf_counter()
            await act(archive, patient_id)
            if number >= ROUNDS // 10:
                archive.latencies.setdefault(name, []).append(time.perf_counter() - began)


async def compare(postgres: EmbeddedPostgres, console: Console) -> None:
    """Fills, measures, prints."""
    archives = []
    for copies in COPIES:
        with console.status(f"storing charts {copies} times"):
            archives.append(await open_archive(postgres, copies))
    acts = {
        "summary": summarise,
        "timeline": follow,
        "current medication": list_current,
        "facts for the safety check": check_facts,
    }
    for name, act in acts.items():
        with console.status(name):
            await measure(archives, name, act)
    console.print(show(archives))
    for archive in archives:
        await archive.database.close()


def main() -> None:
    """Prints the table."""
    on_postgres(compare)


if __name__ == "__main__":
    main()
