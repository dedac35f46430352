"""Routes about what patients take."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import Cache, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    Voiding,
)
from deployments.medical_records.medication_schemas import (
    CurrentMedications,
    MedicationMove,
    MedicationQuery,
    MedicationRequest,
    MedicationStatement,
    Stopping,
)
from deployments.medical_records.procedure_schemas import Moving
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["medications"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
NOT_WRITTEN = declared(errors.RecordNotFound, errors.EntryInconsistent, errors.UnknownCode)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_REVISED = declared(
    *CHANGING,
    errors.EntryInconsistent,
    errors.UnknownCode,
    errors.FromPharmacy,
    errors.MoveNotAllowed,
)
NOT_MOVED = declared(
    *CHANGING, errors.MoveNotAllowed, errors.FromPharmacy, errors.EntryInconsistent
)


@router.get(
    "/patients/{patient_id}/medications", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_medications(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[MedicationQuery, Query()]
) -> Page[MedicationStatement]:
    """The medication of a patient, latest first."""
    return await service.medications.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/medications", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_medication(
    patient_id: UUID, body: MedicationRequest, caller: Caller, service: Service
) -> MedicationStatement:
    """Write down something that a patient takes."""
    return await service.medications.record(caller, patient_id, body)


@router.get("/patients/{patient_id}/medications/current", responses=HIDDEN)
@policy(*READERS, cache=Cache(10, "patient:{patient_id}", audited="MedicationStatement"))
async def list_current_medications(
    patient_id: UUID, caller: Caller, service: Service
) -> CurrentMedications:
    """What a patient takes now, from anywhere."""
    return await service.medications.list_current(caller, patient_id)


@router.get("/patients/{patient_id}/medications/{medication_id}", responses=HIDDEN)
@policy(*READERS)
async def get_medication(
    patient_id: UUID, medication_id: UUID, caller: Caller, service: Service, at: At = None
) -> MedicationStatement:
    """Something that a patient takes, as it is or as it was at a moment."""
    return await service.medications.chart.get(caller, patient_id, medication_id, at)


@router.get("/patients/{patient_id}/medications/{medication_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_medication_history(
    patient_id: UUID, medication_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed something that a patient takes, when and how."""
    return await service.medications.chart.list_history(caller, patient_id, medication_id)


@router.get(
    "/patients/{patient_id}/medications/{medication_id}/versions/{version}", responses=HIDDEN
)
@policy(*READERS)
async def get_medication_version(
    patient_id: UUID, medication_id: UUID, version: Version, caller: Caller, service: Service
) -> MedicationStatement:
    """Something that a patient takes, as it was in a version."""
    return await service.medications.chart.get_version(caller, patient_id, medication_id, version)


@router.put("/patients/{patient_id}/medications/{medication_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def revise_medication(
    patient_id: UUID,
    medication_id: UUID,
    body: MedicationRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicationStatement:
    """Replace what is said of something that a patient takes; the version before stays readable."""
    return await service.medications.revise(caller, patient_id, medication_id, body, if_match)


@router.post("/patients/{patient_id}/medications/{medication_id}/stop", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def stop_medication(
    patient_id: UUID,
    medication_id: UUID,
    body: Stopping,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicationStatement:
    """The patient takes it no more."""
    return await service.medications.stop(caller, patient_id, medication_id, body, if_match)


@router.post("/patients/{patient_id}/medications/{medication_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_medication(
    patient_id: UUID,
    medication_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicationStatement:
    """Say that something that a patient takes was entered in error; it stays, and says so."""
    return await service.medications.void(caller, patient_id, medication_id, body, if_match)


@router.post("/patients/{patient_id}/medications/{medication_id}/{move}", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def move_medication(
    patient_id: UUID,
    medication_id: UUID,
    move: MedicationMove,
    body: Moving,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> MedicationStatement:
    """The patient starts, pauses, resumes or completes it, or does not take it."""
    return await service.medications.move(caller, patient_id, medication_id, move, body, if_match)
