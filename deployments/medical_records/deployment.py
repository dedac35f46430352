"""The medical records application: routes, the handle, and the loops of one replica."""

from uuid import UUID

from starlette.types import ASGIApp

from deployments.access import Principal
from deployments.calls import Remote, exposed
from deployments.events import Envelope
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.medical_records.directory import People
from deployments.medical_records.routes import routers
from deployments.medical_records.schemas import SafetyFacts
from deployments.medical_records.service import RecordsService
from deployments.runtime import Runtime
from deployments.users.client import UsersClient


class MedicalRecordsDeployment:
    """One replica of medical records; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        people: who knows patients and staff; the users application when left out.
    """

    def __init__(self, runtime: Runtime | None = None, people: People | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("medical_records")
        self.service = RecordsService(
            self.runtime.database,
            people or UsersClient(Remote("users", "Users")),
            self.runtime.journal,
            changed=self._forget,
        )

        self.runtime.may_know_again = self.service.check_again

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(routers, runtime=self.runtime, services={"service": self.service})

    @exposed
    async def get_safety_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """What must be known of a patient before a drug is prescribed or handed out."""
        return await self.service.safety.get_facts(principal, patient_id, order_id, encounter_id)

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Takes events from another service's relay; for each None, or what went wrong."""
        return await self.service.listener.hear(envelopes)

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    async def _forget(self, patient_id: UUID) -> None:
        await self.runtime.cache.drop([f"patient:{patient_id}"])
