"""Routes that read across a chart: at a glance, and by time."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import Cache, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.service import RecordsService
from deployments.medical_records.summary_schemas import (
    PatientSummary,
    TimelineItem,
    TimelineQuery,
)
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["summary"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
KEPT = Cache(10, "patient:{patient_id}", audited="Bundle")
"""Writing drops it; a relation or an emergency that runs out by itself is found seconds later."""


@router.get("/patients/{patient_id}/summary", responses=declared(RecordNotFound))
@policy(*READERS, cost=2, cache=KEPT)
async def get_summary(patient_id: UUID, caller: Caller, service: Service) -> PatientSummary:
    """A chart at a glance: allergies, problems, medication, vital signs, encounters, vaccines."""
    return await service.summary.get(caller, patient_id)


@router.get("/patients/{patient_id}/timeline", responses=declared(RecordNotFound, InvalidCursor))
@policy(*READERS, cost=2)
async def list_timeline(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[TimelineQuery, Query()]
) -> Page[TimelineItem]:
    """Everything in a chart by time, the latest first."""
    return await service.summary.list_timeline(caller, patient_id, query)
