"""Insurance as the importer's port, in this process."""

from uuid import UUID

from deployments.access import Principal
from deployments.billing.covering import Covering
from deployments.billing.desk import Desk
from deployments.billing.insurance_schemas import CoverageRequest, PlanRequest, ProviderRequest
from deployments.billing.insuring import Insuring


class InsuranceInProcess:
    """`ports.Insurance` by billing.

    Args:
        desk: of billing.
        importer: in whose name.
    """

    def __init__(self, desk: Desk, importer: Principal) -> None:
        self._insuring = Insuring(desk)
        self._covering = Covering(desk)
        self._importer = importer

    async def load_plan(self, payer: ProviderRequest, plan: PlanRequest) -> UUID:
        """The plan with the code, made with its payer when it is not there."""
        payers = (await self._insuring.list_providers(self._importer)).items
        found = next((one for one in payers if one.code == payer.code), None)
        known = found or await self._insuring.add_provider(self._importer, payer)
        plans = (await self._insuring.list_plans(self._importer, known.id)).items
        for one in plans:
            if one.code == plan.code:
                return one.id
        return (await self._insuring.add_plan(self._importer, known.id, plan)).id

    async def insure(self, request: CoverageRequest) -> None:
        """Writes a coverage down, unless the patient has one at the position."""
        known = await self._covering.list_coverages(self._importer, request.patient_id)
        if all(one.position != request.position for one in known.items):
            await self._covering.add_coverage(self._importer, request)
