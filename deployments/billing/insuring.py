"""Insurers and their plans."""

from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.billing.insurance_errors import (
    PayerNotFound,
    PlanChanged,
    PlanNotFound,
)
from deployments.billing.insurance_mapping import (
    FILING,
    plan_schema,
    provider_schema,
)
from deployments.billing.insurance_schemas import (
    Plan,
    PlanChange,
    PlanRequest,
    Plans,
    Provider,
    ProviderRequest,
    Providers,
)
from deployments.billing.insurance_writing import InsuranceWriting
from deployments.billing.sight import READERS
from storage.billing import insurance

T = TypeVar("T")
ORGANIZATION: Final = "Organization"
PLAN: Final = "InsurancePlan"
COVERAGE: Final = "Coverage"
CHECK: Final = "CoverageEligibilityRequest"


class Insuring(InsuranceWriting):
    """Operations on insurers and plans."""

    async def add_provider(self, principal: Principal, request: ProviderRequest) -> Provider:
        """Adds an insurer.

        Raises:
            InsuranceCodeInUse: another one has the code.
        """
        principal.require(Permission.BILLING_MANAGE_PAYERS)
        values = request.model_dump(exclude={"kind"}) | {"filing": FILING[request.kind]}

        def work(connection: Connection) -> Provider:
            row = insurance.add_provider(
                connection, {**values, "active": True, **self._new(principal)}
            )
            self._audit(connection, principal, "payer.add", ORGANIZATION, row["id"])
            return provider_schema(row)

        return await self._adding(work)

    async def list_providers(self, principal: Principal) -> Providers:
        """All insurers."""
        principal.require(*READERS)
        rows = await self._desk.database.read(insurance.list_providers)
        return Providers(items=[provider_schema(row) for row in rows])

    async def add_plan(self, principal: Principal, payer_id: UUID, request: PlanRequest) -> Plan:
        """Adds a plan of an insurer.

        Raises:
            PayerNotFound: no such insurer.
            InsuranceCodeInUse: another plan of the insurer has the code.
        """
        principal.require(Permission.BILLING_MANAGE_PAYERS)

        def work(connection: Connection) -> Plan:
            if insurance.find_provider(connection, payer_id) is None:
                raise PayerNotFound
            values = request.model_dump(mode="json") | {"payer_id": payer_id}
            row = insurance.add_plan(connection, {**values, **self._new(principal)})
            self._audit(connection, principal, "plan.add", PLAN, row["id"])
            return plan_schema(row)

        return await self._adding(work)

    async def list_plans(self, principal: Principal, payer_id: UUID) -> Plans:
        """Plans of an insurer; none of one that is not there."""
        principal.require(*READERS)
        rows = await self._desk.database.read(lambda c: insurance.list_plans(c, payer_id))
        return Plans(items=[plan_schema(row) for row in rows])

    async def change_plan(self, principal: Principal, plan_id: UUID, change: PlanChange) -> Plan:
        """Gives a plan new rules, for what is issued from now on.

        Raises:
            PlanNotFound: no such plan.
            PlanChanged: it is not in the version that the caller read.
        """
        principal.require(Permission.BILLING_MANAGE_PAYERS)
        benefits = change.benefits.model_dump(mode="json")

        def work(connection: Connection) -> Plan:
            stamp = {"updated_by": principal.user_id, "updated_at": self._desk.clock()}
            row = insurance.change_plan(
                connection, plan_id, change.version, benefits=benefits, **stamp
            )
            if row is None:
                raise PlanChanged if insurance.find_plan(connection, plan_id) else PlanNotFound
            self._audit(connection, principal, "plan.change", PLAN, plan_id)
            return plan_schema(row)

        return await self._desk.database.transact(work)
