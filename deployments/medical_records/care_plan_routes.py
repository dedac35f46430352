"""Routes about plans of care."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.care_plan_schemas import (
    CarePlan,
    CarePlanMove,
    CarePlanRequest,
)
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    EntryQuery,
    Voiding,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["treatments"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
NOT_WRITTEN = declared(errors.RecordNotFound, errors.EntryInconsistent)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_REVISED = declared(*CHANGING, errors.EntryInconsistent, errors.MoveNotAllowed)
NOT_MOVED = declared(*CHANGING, errors.MoveNotAllowed)


@router.get(
    "/patients/{patient_id}/care-plans", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_care_plans(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[EntryQuery, Query()]
) -> Page[CarePlan]:
    """Plans of care of a patient, latest first."""
    return await service.care_plans.chart.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/care-plans", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_care_plan(
    patient_id: UUID, body: CarePlanRequest, caller: Caller, service: Service
) -> CarePlan:
    """Write down a plan of care."""
    return await service.care_plans.record(caller, patient_id, body)


@router.get("/patients/{patient_id}/care-plans/{care_plan_id}", responses=HIDDEN)
@policy(*READERS)
async def get_care_plan(
    patient_id: UUID, care_plan_id: UUID, caller: Caller, service: Service, at: At = None
) -> CarePlan:
    """A plan of care, as it is or as it was at a moment."""
    return await service.care_plans.chart.get(caller, patient_id, care_plan_id, at)


@router.get("/patients/{patient_id}/care-plans/{care_plan_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_care_plan_history(
    patient_id: UUID, care_plan_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed a plan of care, when and how."""
    return await service.care_plans.chart.list_history(caller, patient_id, care_plan_id)


@router.get("/patients/{patient_id}/care-plans/{care_plan_id}/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_care_plan_version(
    patient_id: UUID, care_plan_id: UUID, version: Version, caller: Caller, service: Service
) -> CarePlan:
    """A plan of care, as it was in a version."""
    return await service.care_plans.chart.get_version(caller, patient_id, care_plan_id, version)


@router.put("/patients/{patient_id}/care-plans/{care_plan_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def revise_care_plan(
    patient_id: UUID,
    care_plan_id: UUID,
    body: CarePlanRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> CarePlan:
    """Replace what is said of a plan of care; the version before stays readable."""
    return await service.care_plans.revise(caller, patient_id, care_plan_id, body, if_match)


@router.post("/patients/{patient_id}/care-plans/{care_plan_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_care_plan(
    patient_id: UUID,
    care_plan_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> CarePlan:
    """Say that a plan of care was entered in error; it stays, and says so."""
    return await service.care_plans.chart.void(caller, patient_id, care_plan_id, body, if_match)


@router.post("/patients/{patient_id}/care-plans/{care_plan_id}/{move}", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def move_care_plan(
    patient_id: UUID,
    care_plan_id: UUID,
    move: CarePlanMove,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> CarePlan:
    """Activate, hold, revoke or complete a plan."""
    return await service.care_plans.move(caller, patient_id, care_plan_id, move, if_match)
