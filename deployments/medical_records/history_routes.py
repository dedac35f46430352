"""Routes about medical history."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    Voiding,
)
from deployments.medical_records.history_schemas import (
    HistoryQuery,
    HistoryRequest,
    MedicalHistory,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["histories"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
NOT_WRITTEN = declared(errors.RecordNotFound, errors.EntryInconsistent, errors.UnknownCode)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_REVISED = declared(*CHANGING, errors.EntryInconsistent, errors.UnknownCode)
NOT_MOVED = declared(*CHANGING, errors.MoveNotAllowed)


@router.get(
    "/patients/{patient_id}/histories", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_histories(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[HistoryQuery, Query()]
) -> Page[MedicalHistory]:
    """Family, social, surgical and obstetric history of a patient, latest first."""
    return await service.histories.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/histories", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_history(
    patient_id: UUID, body: HistoryRequest, caller: Caller, service: Service
) -> MedicalHistory:
    """Write down medical history."""
    return await service.histories.record(caller, patient_id, body)


@router.get("/patients/{patient_id}/histories/{history_id}", responses=HIDDEN)
@policy(*READERS)
async def get_history(
    patient_id: UUID, history_id: UUID, caller: Caller, service: Service, at: At = None
) -> MedicalHistory:
    """Medical history, as it is or as it was at a moment."""
    return await service.histories.chart.get(caller, patient_id, history_id, at)


@router.get("/patients/{patient_id}/histories/{history_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_history_history(
    patient_id: UUID, history_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed medical history, when and how."""
    return await service.histories.chart.list_history(caller, patient_id, history_id)


@router.get("/patients/{patient_id}/histories/{history_id}/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_history_version(
    patient_id: UUID, history_id: UUID, version: Version, caller: Caller, service: Service
) -> MedicalHistory:
    """Medical history, as it was in a version."""
    return await service.histories.chart.get_version(caller, patient_id, history_id, version)


@router.put("/patients/{patient_id}/histories/{history_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def revise_history(
    patient_id: UUID,
    history_id: UUID,
    body: HistoryRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicalHistory:
    """Replace what is said of medical history; the version before stays readable."""
    return await service.histories.revise(caller, patient_id, history_id, body, if_match)


@router.post("/patients/{patient_id}/histories/{history_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_history(
    patient_id: UUID,
    history_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicalHistory:
    """Say that medical history was entered in error; it stays, and says so."""
    return await service.histories.chart.void(caller, patient_id, history_id, body, if_match)
