"""What the importer asks of the services; tests give it fakes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from deployments.access import Principal
from deployments.appointments.calendar_schemas import ImportedSchedule
from deployments.appointments.schemas import ImportedAppointment
from deployments.billing.insurance_schemas import CoverageRequest, PlanRequest, ProviderRequest
from deployments.importer.report import Outcome
from deployments.laboratory.control_schemas import ImportedControls
from deployments.laboratory.imports import Kind
from deployments.laboratory.service import LaboratoryService
from deployments.pharmacy.formulary_schemas import Medication, MedicationRequest
from deployments.pharmacy.prescription_schemas import PrescriptionRequest
from deployments.pharmacy.stock_schemas import ImportedStockReceipt
from deployments.users.schemas import ImportedPerson, PatientBrief

Taken = tuple[UUID, Outcome]
Received = Taken | str
"""What became of an entry of a batch; a text says why it was left out."""


class People(Protocol):
    """Where people are kept."""

    async def import_person(self, person: ImportedPerson) -> Taken:
        """Takes a person; idempotent by identifier. Raises `DomainError` to refuse."""

    async def find_by_identifier(self, system: str, value: str) -> UUID | None:
        """Who was imported with this identifier, in this run or an earlier one."""

    async def get_patient_brief(self, patient_id: UUID) -> PatientBrief:
        """Sex and day of birth of a patient, among others."""


class DemoPeople(People, Protocol):
    """Where the demo hospital's people are kept, some of whom can sign in."""

    async def set_demo_password(self, user_id: UUID, email: str, password: str) -> None:
        """Lets somebody sign in. Raises `DomainError` in production."""

    async def display_name(self, user_id: UUID) -> str:
        """How the person's name is written."""


class Calendar(Protocol):
    """Where visits and doctors' hours are kept."""

    async def import_schedule(self, schedule: ImportedSchedule) -> Taken:
        """Takes a doctor's hours; idempotent by identifier. Raises `DomainError` to refuse."""

    async def import_appointment(self, appointment: ImportedAppointment) -> Taken:
        """Takes a visit; idempotent by identifier. Raises `DomainError` to refuse."""


class Charts(Protocol):
    """Where what stands in charts is kept."""

    async def import_entries(self, kind: str, entries: Sequence[Any]) -> Sequence[Received]:
        """Takes entries of one FHIR type, all or none; idempotent by identifier.

        Raises:
            DomainError: one of them is refused, so none was taken.
        """


class Laboratory(Protocol):
    """Where orders, specimens, results and reports are kept."""

    async def import_resources(self, kind: str, resources: Sequence[Any]) -> Sequence[Received]:
        """Takes resources of one FHIR type; idempotent by identifier."""

    async def find_imported(self, kind: Kind, system: str, value: str) -> UUID | None:
        """What was imported with this identifier, in this run or an earlier one."""


class DemoLaboratory(Laboratory, Protocol):
    """Where the demo hospital's laboratory work is kept; people work there by its service."""

    @property
    def service(self) -> LaboratoryService:
        """The laboratory's operations. Each raises `DomainError` to refuse."""

    async def import_controls(self, controls: ImportedControls) -> bool:
        """Takes lots and runs of quality control; False when they are there already."""


class Pharmacy(Protocol):
    """Where the demo hospital's medicines are kept. Each method raises `DomainError` to refuse."""

    async def load_formulary(self, formulary: Sequence[MedicationRequest]) -> None:
        """Takes what can be prescribed; idempotent by code."""

    async def import_receipt(self, receipt: ImportedStockReceipt) -> Outcome:
        """Takes stock; idempotent by identifier."""

    async def set_reorder_point(
        self, pharmacist: Principal, location: str, medication_id: UUID, minimum: Decimal
    ) -> None:
        """Sets below how much a place, by code, orders more of a medication."""

    async def get_medication(self, wanted: MedicationRequest) -> Medication:
        """A medication of the formulary, as it was taken."""

    async def prescribe(self, doctor: Principal, request: PrescriptionRequest) -> None:
        """Prescribes, with every check."""


class Billing(Protocol):
    """Where the demo hospital's prices are kept."""

    async def load_prices(self) -> None:
        """Takes what everything costs, unless there are prices already."""


class Insurance(Protocol):
    """Where the demo hospital's insurers are kept."""

    async def load_plan(self, payer: ProviderRequest, plan: PlanRequest) -> UUID:
        """The plan with the code, made with its payer when it is not there."""

    async def insure(self, request: CoverageRequest) -> None:
        """Writes a coverage down, unless the patient has one at the position."""


class Hospital(Protocol):
    """Everything that the demo hospital is loaded into."""

    @property
    def people(self) -> DemoPeople:
        """Where people are kept."""

    @property
    def calendar(self) -> Calendar:
        """Where visits are kept."""

    @property
    def charts(self) -> Charts:
        """Where charts are kept."""

    @property
    def laboratory(self) -> DemoLaboratory:
        """Where laboratory work is kept."""

    @property
    def pharmacy(self) -> Pharmacy:
        """Where medicines are kept."""

    @property
    def billing(self) -> Billing:
        """Where prices are kept."""

    @property
    def insurance(self) -> Insurance:
        """Where insurers and coverages are kept."""


class Progress(Protocol):
    """Who is told how far it is."""

    def begin(self, kind: str, total: int) -> None:
        """So many resources of the type follow."""

    def advance(self, kind: str) -> None:
        """One of them is done, taken or not."""


class Silence:
    """Progress that nobody watches."""

    def begin(self, kind: str, total: int) -> None:
        """Says nothing."""

    def advance(self, kind: str) -> None:
        """Says nothing."""
