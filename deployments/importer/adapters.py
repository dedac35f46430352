"""The services as the importer's ports, in this process: only their databases are needed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from deployments.access import Principal
from deployments.appointments.calendar_schemas import ImportedSchedule
from deployments.appointments.calendar_schemas import ImportReceipt as CalendarReceipt
from deployments.appointments.schemas import ImportedAppointment
from deployments.appointments.service import AppointmentService
from deployments.importer.ports import Received, Taken
from deployments.importer.report import Outcome
from deployments.journal import Journal
from deployments.medical_records.entry_schemas import (
    ImportedEntry,
    ImportReceipt,
    ImportReceipts,
)
from deployments.medical_records.service import RecordsService
from deployments.settings import Settings
from deployments.users.codes import Specialty
from deployments.users.schemas import ImportedPerson, ImportOutcome, PatientBrief, Practitioner
from deployments.users.service import UsersService
from storage.database import Database
from storage.settings import StorageSettings

IMPORTER = Principal.for_service("importer")


class UsersInProcess:
    """`ports.DemoPeople` by the users service, and what appointments asks of it."""

    def __init__(self, service: UsersService) -> None:
        self._service = service

    async def import_person(self, person: ImportedPerson) -> Taken:
        """Takes a person."""
        return _taken(await self._service.imports.import_person(IMPORTER, person))

    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        """Who was imported with this identifier."""
        return await self._service.imports.find_by_identifier(system, value)

    async def set_demo_password(self, user_id: UUID, email: str, password: str) -> None:
        """Lets somebody sign in."""
        await self._service.beginnings.set_demo_password(IMPORTER, user_id, email, password)

    async def display_name(self, user_id: UUID) -> str:
        """How the person's name is written."""
        return (await self._service.contacts.get(user_id)).display_name

    async def find_practitioner(self, practitioner_id: UUID) -> Practitioner:
        """A member of the clinical staff, for appointments."""
        return await self._service.directory.find_practitioner(practitioner_id)

    async def find_practitioners(
        self,
        specialty: Specialty | None = None,
        department: str | None = None,
        ids: Sequence[UUID] | None = None,
    ) -> list[Practitioner]:
        """Active clinical staff, for appointments."""
        return await self._service.directory.find_practitioners(specialty, department, ids)

    async def patient_exists(self, patient_id: UUID) -> bool:
        """Whether an active patient has the id, for appointments."""
        return await self._service.patients.exists(patient_id)

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Who a patient is, for medical records."""
        return await self._service.patients.get_brief(patient_id)


class CalendarInProcess:
    """`ports.Calendar` by the appointments service."""

    def __init__(self, service: AppointmentService) -> None:
        self._service = service

    async def import_schedule(self, schedule: ImportedSchedule) -> Taken:
        """Takes a doctor's hours."""
        return _taken(await self._service.imports.import_schedule(IMPORTER, schedule))

    async def import_appointment(self, appointment: ImportedAppointment) -> Taken:
        """Takes a visit."""
        return _taken(await self._service.imports.import_appointment(IMPORTER, appointment))


class ChartsInProcess:
    """`ports.Charts` by the medical records service."""

    def __init__(self, service: RecordsService) -> None:
        self._import: dict[str, Callable[..., Awaitable[ImportReceipts]]] = {
            "Encounter": service.encounter_imports.import_encounters,
            "Condition": service.imports.import_conditions,
            "Procedure": service.imports.import_procedures,
            "AllergyIntolerance": service.imports.import_allergies,
            "Immunization": service.observation_imports.import_immunizations,
            "MedicationStatement": service.imports.import_medications,
            "Observation": service.observation_imports.import_observations,
        }

    async def import_entries(
        self, kind: str, entries: Sequence[ImportedEntry]
    ) -> Sequence[Received]:
        """Takes entries of one FHIR type, all or none."""
        taken = await self._import[kind](IMPORTER, entries)
        return [_received(one) for one in taken.receipts]


@dataclass(frozen=True)
class Services:
    """Where an import goes."""

    people: UsersInProcess
    calendar: CalendarInProcess
    charts: ChartsInProcess


@asynccontextmanager
async def in_process(settings: Settings, storage: StorageSettings) -> AsyncIterator[Services]:
    """The services on their databases, without Ray.

    Raises:
        LookupError: the URL of a database is not set.
    """
    threads = storage.database_threads
    urls = [storage.database_url(name) for name in ("users", "appointments", "medical_records")]
    databases = [Database(url, threads=threads, application="medray-import") for url in urls]
    users, appointments, records = databases
    try:
        people = UsersInProcess(UsersService(users, settings))
        calendar = AppointmentService(appointments, people, time_zone=settings.default_time_zone)
        charts = RecordsService(records, people, Journal(records))
        yield Services(people, CalendarInProcess(calendar), ChartsInProcess(charts))
    finally:
        for database in databases:
            await database.close()


def _taken(outcome: ImportOutcome | CalendarReceipt) -> Taken:
    return outcome.id, Outcome(outcome.outcome)


def _received(receipt: ImportReceipt) -> Received:
    if receipt.outcome == "conflict":
        return "identifier: of another patient's entry"
    return receipt.id, Outcome(receipt.outcome)
