"""Routes about problems and diagnoses."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.condition_schemas import (
    Abatement,
    Condition,
    ConditionQuery,
    ConditionRequest,
    Return,
)
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    Voiding,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["conditions"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
NOT_WRITTEN = declared(errors.RecordNotFound, errors.EntryInconsistent, errors.UnknownCode)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_REVISED = declared(*CHANGING, errors.EntryInconsistent, errors.UnknownCode)
NOT_MOVED = declared(*CHANGING, errors.MoveNotAllowed, errors.EntryInconsistent)


@router.get(
    "/patients/{patient_id}/conditions", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_conditions(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[ConditionQuery, Query()]
) -> Page[Condition]:
    """Problems and diagnoses of a patient, latest first."""
    return await service.conditions.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/conditions", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def record_condition(
    patient_id: UUID, body: ConditionRequest, caller: Caller, service: Service
) -> Condition:
    """Write down a problem or diagnosis."""
    return await service.conditions.record(caller, patient_id, body)


@router.get("/patients/{patient_id}/conditions/{condition_id}", responses=HIDDEN)
@policy(*READERS)
async def get_condition(
    patient_id: UUID, condition_id: UUID, caller: Caller, service: Service, at: At = None
) -> Condition:
    """A problem or diagnosis, as it is or as it was at a moment."""
    return await service.conditions.chart.get(caller, patient_id, condition_id, at)


@router.get("/patients/{patient_id}/conditions/{condition_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_condition_history(
    patient_id: UUID, condition_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed a problem or diagnosis, when and how."""
    return await service.conditions.chart.list_history(caller, patient_id, condition_id)


@router.get("/patients/{patient_id}/conditions/{condition_id}/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_condition_version(
    patient_id: UUID, condition_id: UUID, version: Version, caller: Caller, service: Service
) -> Condition:
    """A problem or diagnosis, as it was in a version."""
    return await service.conditions.chart.get_version(caller, patient_id, condition_id, version)


@router.put("/patients/{patient_id}/conditions/{condition_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def revise_condition(
    patient_id: UUID,
    condition_id: UUID,
    body: ConditionRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Condition:
    """Replace what is said of a problem or diagnosis; the version before stays readable."""
    return await service.conditions.revise(caller, patient_id, condition_id, body, if_match)


@router.post("/patients/{patient_id}/conditions/{condition_id}/confirm", responses=NOT_MOVED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def confirm_condition(
    patient_id: UUID, condition_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Condition:
    """What was suspected is certain."""
    return await service.conditions.confirm(caller, patient_id, condition_id, if_match)


@router.post("/patients/{patient_id}/conditions/{condition_id}/refute", responses=NOT_MOVED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def refute_condition(
    patient_id: UUID, condition_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Condition:
    """The patient does not have it; it stays, inactive."""
    return await service.conditions.refute(caller, patient_id, condition_id, if_match)


@router.post("/patients/{patient_id}/conditions/{condition_id}/resolve", responses=NOT_MOVED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def resolve_condition(
    patient_id: UUID,
    condition_id: UUID,
    body: Abatement,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Condition:
    """It has ended, or rests."""
    return await service.conditions.resolve(caller, patient_id, condition_id, body, if_match)


@router.post("/patients/{patient_id}/conditions/{condition_id}/recur", responses=NOT_MOVED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def recur_condition(
    patient_id: UUID,
    condition_id: UUID,
    body: Return,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Condition:
    """What had ended is there again."""
    return await service.conditions.recur(caller, patient_id, condition_id, body, if_match)


@router.post("/patients/{patient_id}/conditions/{condition_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_DIAGNOSE, cost=5)
async def void_condition(
    patient_id: UUID,
    condition_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Condition:
    """Say that a problem or diagnosis was entered in error; it stays, and says so."""
    return await service.conditions.chart.void(caller, patient_id, condition_id, body, if_match)
