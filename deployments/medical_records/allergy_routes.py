"""Routes about allergies and intolerances."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.allergy_schemas import (
    Allergy,
    AllergyQuery,
    AllergyRequest,
    NoKnownAllergies,
)
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    Voiding,
)
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["allergies"])
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
    errors.MoveNotAllowed,
)
NOT_MOVED = declared(*CHANGING, errors.MoveNotAllowed)
NONE_KNOWN = declared(errors.RecordNotFound, errors.AllergiesKnown)


@router.get(
    "/patients/{patient_id}/allergies", responses=declared(errors.RecordNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_allergies(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[AllergyQuery, Query()]
) -> Page[Allergy]:
    """Allergies and intolerances of a patient, latest first."""
    return await service.allergies.list_page(caller, patient_id, query)


@router.post("/patients/{patient_id}/allergies", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_allergy(
    patient_id: UUID, body: AllergyRequest, caller: Caller, service: Service
) -> Allergy:
    """Write down an allergy or intolerance."""
    return await service.allergies.record(caller, patient_id, body)


@router.post("/patients/{patient_id}/allergies/no-known", status_code=201, responses=NONE_KNOWN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_no_known_allergies(
    patient_id: UUID, body: NoKnownAllergies, caller: Caller, service: Service
) -> Allergy:
    """Write down that the patient was asked and no allergy is known, or that it still is so."""
    return await service.allergies.record_no_known(caller, patient_id, body)


@router.get("/patients/{patient_id}/allergies/{allergy_id}", responses=HIDDEN)
@policy(*READERS)
async def get_allergy(
    patient_id: UUID, allergy_id: UUID, caller: Caller, service: Service, at: At = None
) -> Allergy:
    """An allergy or intolerance, as it is or as it was at a moment."""
    return await service.allergies.chart.get(caller, patient_id, allergy_id, at)


@router.get("/patients/{patient_id}/allergies/{allergy_id}/history", responses=HIDDEN)
@policy(*READERS)
async def get_allergy_history(
    patient_id: UUID, allergy_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed an allergy or intolerance, when and how."""
    return await service.allergies.chart.list_history(caller, patient_id, allergy_id)


@router.get("/patients/{patient_id}/allergies/{allergy_id}/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_allergy_version(
    patient_id: UUID, allergy_id: UUID, version: Version, caller: Caller, service: Service
) -> Allergy:
    """An allergy or intolerance, as it was in a version."""
    return await service.allergies.chart.get_version(caller, patient_id, allergy_id, version)


@router.put("/patients/{patient_id}/allergies/{allergy_id}", responses=NOT_REVISED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def revise_allergy(
    patient_id: UUID,
    allergy_id: UUID,
    body: AllergyRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Allergy:
    """Replace what is said of an allergy or intolerance; the version before stays readable."""
    return await service.allergies.revise(caller, patient_id, allergy_id, body, if_match)


@router.post("/patients/{patient_id}/allergies/{allergy_id}/confirm", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def confirm_allergy(
    patient_id: UUID, allergy_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Allergy:
    """What was suspected is certain."""
    return await service.allergies.confirm(caller, patient_id, allergy_id, if_match)


@router.post("/patients/{patient_id}/allergies/{allergy_id}/refute", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def refute_allergy(
    patient_id: UUID, allergy_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Allergy:
    """The patient is not allergic to it; it stays, inactive."""
    return await service.allergies.refute(caller, patient_id, allergy_id, if_match)


@router.post("/patients/{patient_id}/allergies/{allergy_id}/resolve", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def resolve_allergy(
    patient_id: UUID, allergy_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Allergy:
    """The patient reacts no more."""
    return await service.allergies.resolve(caller, patient_id, allergy_id, if_match)


@router.post("/patients/{patient_id}/allergies/{allergy_id}/void", responses=NOT_MOVED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_allergy(
    patient_id: UUID,
    allergy_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Allergy:
    """Say that an allergy or intolerance was entered in error; it stays, and says so."""
    return await service.allergies.chart.void(caller, patient_id, allergy_id, body, if_match)
