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
from deployments.billing.service import BillingService
from deployments.clock import Clock, utc_now
from deployments.importer.insurance_adapter import InsuranceInProcess
from deployments.importer.ports import Received, Taken
from deployments.importer.report import Outcome
from deployments.importer.store_adapters import IMPORTER, BillingInProcess, PharmacyInProcess
from deployments.journal import Journal
from deployments.laboratory.control_schemas import ImportedControls
from deployments.laboratory.import_schemas import Imported
from deployments.laboratory.import_schemas import ImportReceipt as LaboratoryReceipt
from deployments.laboratory.import_schemas import ImportReceipts as LaboratoryReceipts
from deployments.laboratory.imports import Kind
from deployments.laboratory.service import LaboratoryService
from deployments.medical_records.entry_schemas import (
    ImportedEntry,
    ImportReceipt,
    ImportReceipts,
)
from deployments.medical_records.schemas import SafetyFacts
from deployments.medical_records.service import RecordsService
from deployments.pharmacy.directory import Patients
from deployments.pharmacy.service import PharmacyService
from deployments.pharmacy.stock_service import StockService
from deployments.settings import Settings
from deployments.users.codes import Specialty
from deployments.users.schemas import ImportedPerson, ImportOutcome, PatientBrief, Practitioner
from deployments.users.service import UsersService
from storage.database import Database
from storage.settings import Service, StorageSettings


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


class RecordsInProcess:
    """What the pharmacy asks of medical records."""

    def __init__(self, service: RecordsService) -> None:
        self._service = service

    async def get_safety_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        *,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """What must be known of a patient before a drug is prescribed."""
        safety = self._service.safety
        return await safety.get_facts(principal, patient_id, order_id, encounter_id)


class LaboratoryInProcess:
    """`ports.DemoLaboratory` by the laboratory service."""

    def __init__(self, service: LaboratoryService) -> None:
        self.service = service
        imports = service.imports
        self._import: dict[str, Callable[..., Awaitable[LaboratoryReceipts]]] = {
            "ServiceRequest": imports.import_orders,
            "Specimen": imports.import_specimens,
            "Observation": imports.import_values,
            "DiagnosticReport": imports.import_reports,
        }

    async def import_resources(
        self, kind: str, resources: Sequence[Imported]
    ) -> Sequence[Received]:
        """Takes resources of one FHIR type."""
        taken = await self._import[kind](IMPORTER, resources)
        return [_tested(one) for one in taken.receipts]

    async def find_imported(self, kind: Kind, system: str, value: str) -> UUID | None:
        """What was imported with this identifier."""
        return await self.service.imports.find(IMPORTER, kind, system, value)

    async def import_controls(self, controls: ImportedControls) -> bool:
        """Takes lots and runs of quality control."""
        return await self.service.control_imports.import_controls(IMPORTER, controls)


@dataclass(frozen=True)
class Services:
    """Where an import goes."""

    people: UsersInProcess
    calendar: CalendarInProcess
    charts: ChartsInProcess
    laboratory: LaboratoryInProcess
    pharmacy: PharmacyInProcess
    billing: BillingInProcess
    insurance: InsuranceInProcess


@asynccontextmanager
async def in_process(settings: Settings, storage: StorageSettings) -> AsyncIterator[Services]:
    """The services on their databases, without Ray.

    Raises:
        LookupError: the URL of a database is not set.
    """
    names: tuple[Service, ...] = (
        "users", "appointments", "medical_records", "pharmacy", "laboratory", "billing",
    )  # fmt: skip
    databases = [
        Database(
            storage.database_url(name),
            threads=storage.database_threads,
            application="medray-import",
        )
        for name in names
    ]
    try:
        yield services_on(*databases, settings=settings)
    finally:
        for database in databases:
            await database.close()


def services_on(
    users: Database,
    appointments: Database,
    records: Database,
    medicines: Database,
    tests: Database,
    bills: Database,
    *,
    settings: Settings,
    clock: Clock = utc_now,
) -> Services:
    """The services on these databases."""
    people = UsersInProcess(UsersService(users, settings))
    zone = settings.default_time_zone
    charts = RecordsService(records, people, Journal(records), clock=clock)
    asked = RecordsInProcess(charts)
    pharmacy = PharmacyService(medicines, asked, Journal(medicines), clock=clock)
    stock = StockService(
        medicines,
        pharmacy.checking.check_again,
        Patients(asked).treats,
        time_zone=zone,
        clock=clock,
    )
    billing = BillingService(bills, Journal(bills), clock=clock)
    return Services(
        people,
        CalendarInProcess(AppointmentService(appointments, people, time_zone=zone, clock=clock)),
        ChartsInProcess(charts),
        LaboratoryInProcess(LaboratoryService(tests, asked, Journal(tests), clock=clock)),
        PharmacyInProcess(pharmacy, stock),
        BillingInProcess(billing),
        InsuranceInProcess(billing.desk, IMPORTER),
    )


def _taken(outcome: ImportOutcome | CalendarReceipt) -> Taken:
    return outcome.id, Outcome(outcome.outcome)


def _received(receipt: ImportReceipt) -> Received:
    if receipt.outcome == "conflict":
        return "identifier: of another patient's entry"
    return receipt.id, Outcome(receipt.outcome)


def _tested(receipt: LaboratoryReceipt) -> Received:
    if receipt.id is None or receipt.outcome == "refused":
        return receipt.reason or "refused"
    return receipt.id, Outcome(receipt.outcome)
