"""The route that searches in a chart."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.search_schemas import ChartSearch, Matches
from deployments.medical_records.service import RecordsService

router = gateway_router(tags=["search"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]


@router.get("/patients/{patient_id}/search", responses=declared(RecordNotFound))
@policy(Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED, cost=3)
async def search_chart(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[ChartSearch, Query()]
) -> Matches:
    """Search in a chart, in English or Vietnamese."""
    return await service.search.search(caller, patient_id, query)
