"""The pharmacy application: routes, the handle, and the loops of one replica."""

from starlette.types import ASGIApp

from deployments.access import Principal
from deployments.calls import Remote, exposed
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.medical_records.client import MedicalRecordsClient, Records
from deployments.pharmacy.directory import Patients
from deployments.pharmacy.formulary_file import read_formulary
from deployments.pharmacy.formulary_schemas import ImportReceipt
from deployments.pharmacy.routes import routers
from deployments.pharmacy.service import PharmacyService
from deployments.pharmacy.stock_schemas import ImportedStockReceipt, StockImportReceipt
from deployments.pharmacy.stock_service import StockService
from deployments.runtime import Runtime


class PharmacyDeployment:
    """One replica of pharmacy; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        records: who knows charts; the medical records application when left out.
    """

    def __init__(self, runtime: Runtime | None = None, records: Records | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("pharmacy")
        records = records or MedicalRecordsClient(Remote("medical_records", "MedicalRecords"))
        self.service = PharmacyService(
            self.runtime.database,
            records,
            self.runtime.journal,
        )
        self.stock = StockService(
            self.runtime.database,
            self.service.checking.check_again,
            Patients(records).treats,
            time_zone=self.runtime.settings.default_time_zone,
        )

        self.runtime.may_know_again = self.service.check_again

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers,
            runtime=self.runtime,
            services={"service": self.service, "stock": self.stock},
            start=self._start,
        )

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    @exposed
    async def import_formulary(self, principal: Principal) -> ImportReceipt:
        """Brings the formulary up to date with the one that ships with the program."""
        return await self.service.formulary.import_medications(principal, read_formulary())

    @exposed
    async def import_stock_receipt(
        self, principal: Principal, imported: ImportedStockReceipt
    ) -> StockImportReceipt:
        """Takes in stock of another system, once for each identifier."""
        return await self.stock.imports.import_receipt(principal, imported)

    def _start(self) -> None:
        self.runtime.background.start("prescription-expiry", self.service.upkeep.run_expiry)
        self.runtime.background.start("stock-watch", self.stock.upkeep.run)
