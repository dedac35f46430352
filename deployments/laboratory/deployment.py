"""The laboratory application: routes, the handle, and the loops of one replica."""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp

from deployments.calls import Remote
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.laboratory.routes import routers
from deployments.laboratory.service import LaboratoryService
from deployments.medical_records.client import MedicalRecordsClient, Records
from deployments.runtime import Runtime


class LaboratoryDeployment:
    """One replica of the laboratory; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        records: who knows charts; the medical records application when left out.
        beside: the other deployments of the application, which go with it.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        records: Records | None = None,
        beside: Sequence[object] = (),  # noqa: ARG002  # Serve runs what is bound here
    ) -> None:
        self.runtime = runtime or Runtime.of_service("laboratory")
        self.service = LaboratoryService(
            self.runtime.database,
            records or MedicalRecordsClient(Remote("medical_records", "MedicalRecords")),
            self.runtime.journal,
        )
        self.runtime.may_know_again = self.service.check_again

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers,
            runtime=self.runtime,
            services={"service": self.service},
            start=self._start,
        )

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    def _start(self) -> None:
        self.runtime.background.start("alerts", self._climb)

    async def _climb(self) -> None:
        """Tells the next ones of critical values that nobody answered."""
        while True:
            await self.service.alerts.climb()
            await asyncio.sleep(self.service.desk.settings.alert_look_s)
