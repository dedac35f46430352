"""Routes about procedures."""

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
    EntryQuery,
    Voiding,
)
from deployments.medical_records.procedure_schemas import (
    Moving,
    Procedure,
    ProcedureMove,
    ProcedureRequest,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["treatments"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
NOT_WRITTEN = declared(errors.RecordNotFound, errors.EntryInconsistent, errors.UnknownCode)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_REVISED = declared(
    *CHANGING, errors.EntryInconsistent, errors.UnknownCode, errors.MoveNotAllowed
)
NOT_MOVED = declared(*CHANGING, errors.MoveNotAllowed)


@router.get(
    "/patients/{patient_id}/procedures", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_procedures(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[EntryQuery, Query()]
) -> Page[Procedure]:
    """Procedures of a patient, latest first."""
    return await service.procedures.chart.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/procedures", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_procedure(
    patient_id: UUID, body: ProcedureRequest, caller: Caller, service: Service
) -> Procedure:
    """Write down a procedure."""
    return await service.procedures.record(caller, patient_id, body)


@router.get("/patients/{patient_id}/procedures/{procedure_id}", responses=HIDDEN)
@policy(*READERS)
async def get_procedure(
    patient_id: UUID, procedure_id: UUID, caller: Caller, service: Service, at: At = None
) -> Procedure:
    """A procedure, as it is or as it was at a moment."""
    return await service.procedures.chart.get(caller, patient_id, procedure_id, at)


@router.get("/patients/{patient_id}/procedures/{procedure_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_procedure_history(
    patient_id: UUID, procedure_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed a procedure, when and how."""
    return await service.procedures.chart.list_history(caller, patient_id, procedure_id)


@router.get("/patients/{patient_id}/procedures/{procedure_id}/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_procedure_version(
    patient_id: UUID, procedure_id: UUID, version: Version, caller: Caller, service: Service
) -> Procedure:
    """A procedure, as it was in a version."""
    return await service.procedures.chart.get_version(caller, patient_id, procedure_id, version)


@router.put("/patients/{patient_id}/procedures/{procedure_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def revise_procedure(
    patient_id: UUID,
    procedure_id: UUID,
    body: ProcedureRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Procedure:
    """Replace what is said of a procedure; the version before stays readable."""
    return await service.procedures.revise(caller, patient_id, procedure_id, body, if_match)


@router.post("/patients/{patient_id}/procedures/{procedure_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_procedure(
    patient_id: UUID,
    procedure_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Procedure:
    """Say that a procedure was entered in error; it stays, and says so."""
    return await service.procedures.chart.void(caller, patient_id, procedure_id, body, if_match)


@router.post("/patients/{patient_id}/procedures/{procedure_id}/{move}", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def move_procedure(
    patient_id: UUID,
    procedure_id: UUID,
    move: ProcedureMove,
    body: Moving,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Procedure:
    """Start, hold, complete, stop or cancel a procedure."""
    return await service.procedures.move(caller, patient_id, procedure_id, move, body, if_match)
