"""The pharmacy and billing as the importer's ports, in this process."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from deployments.access import Principal
from deployments.billing.service import BillingService
from deployments.importer.report import Outcome
from deployments.pharmacy.formulary_schemas import (
    Medication,
    MedicationQuery,
    MedicationRequest,
)
from deployments.pharmacy.prescription_schemas import PrescriptionRequest
from deployments.pharmacy.service import PharmacyService
from deployments.pharmacy.stock_schemas import ImportedStockReceipt, ReorderPointRequest
from deployments.pharmacy.stock_service import StockService

IMPORTER = Principal.for_service("importer")


class PharmacyInProcess:
    """`ports.Pharmacy` by the pharmacy service."""

    def __init__(self, service: PharmacyService, stock: StockService) -> None:
        self._service = service
        self._stock = stock

    async def load_formulary(self, formulary: Sequence[MedicationRequest]) -> None:
        """Takes what can be prescribed."""
        await self._service.formulary.import_medications(IMPORTER, formulary)

    async def import_receipt(self, receipt: ImportedStockReceipt) -> Outcome:
        """Takes stock."""
        taken = await self._stock.imports.import_receipt(IMPORTER, receipt)
        return Outcome(taken.outcome)

    async def set_reorder_point(
        self, pharmacist: Principal, location: str, medication_id: UUID, minimum: Decimal
    ) -> None:
        """Sets below how much a place orders more of a medication."""
        places = await self._stock.stock.list_locations(pharmacist)
        request = ReorderPointRequest(
            location_id=next(one.id for one in places.items if one.code == location),
            medication_id=medication_id,
            minimum=minimum,
        )
        await self._stock.stock.set_reorder_point(pharmacist, request)

    async def get_medication(self, wanted: MedicationRequest) -> Medication:
        """A medication of the formulary, as it was taken."""
        query = MedicationQuery(q=wanted.name_en, limit=100)
        page = await self._service.formulary.list_page(IMPORTER, query)
        return next(one for one in page.items if one.code == wanted.code)

    async def prescribe(self, doctor: Principal, request: PrescriptionRequest) -> None:
        """Prescribes, with every check."""
        await self._service.prescribing.prescribe(doctor, request)


class BillingInProcess:
    """`ports.Billing` by the billing service."""

    def __init__(self, service: BillingService) -> None:
        self.service = service

    async def load_prices(self) -> None:
        """Takes what everything costs, unless there are prices already."""
        await self.service.prices.load_demo(IMPORTER)
