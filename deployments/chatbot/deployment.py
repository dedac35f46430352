"""The chatbot application: routes, and the loops of one replica."""

from starlette.types import ASGIApp

from deployments.calls import Remote
from deployments.chatbot.routes import routers
from deployments.chatbot.service import ChatbotService
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.medical_records.client import MedicalRecordsClient, Records
from deployments.runtime import Runtime


class ChatbotDeployment:
    """One replica of the conversations; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        records: who knows charts; the medical records application when left out.
    """

    def __init__(self, runtime: Runtime | None = None, records: Records | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("chatbot")
        self.service = ChatbotService(
            self.runtime.database,
            records or MedicalRecordsClient(Remote("medical_records", "MedicalRecords")),
            self.runtime.journal,
        )

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers, runtime=self.runtime, services={"service": self.service}, start=self._start
        )

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    def _start(self) -> None:
        self.runtime.background.start("leases", self.service.handing_over.keep_leases)
