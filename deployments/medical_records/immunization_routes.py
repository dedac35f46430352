"""Routes about immunizations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.entry_schemas import EntryHistory, EntryQuery, Voiding
from deployments.medical_records.immunization_schemas import Immunization, ImmunizationRequest
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["immunizations"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
PAGED = declared(errors.RecordNotFound, InvalidCursor)
REFUSED = (errors.ImmunizationRefused, errors.UnknownCode)
CHANGING = (errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
BASE = "/patients/{patient_id}/immunizations"
ONE = BASE + "/{immunization_id}"


@router.get(BASE, responses=PAGED)
@policy(*READERS)
async def list_immunizations(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[EntryQuery, Query()]
) -> Page[Immunization]:
    """Immunizations of a patient, the latest first."""
    return await service.immunizations.chart.list_page(caller, patient_id, query)


@router.post(
    BASE,
    status_code=201,
    responses=declared(
        errors.RecordNotFound, errors.EncounterRefused, errors.EncounterStatusRefused, *REFUSED
    ),
)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_immunization(
    patient_id: UUID, body: ImmunizationRequest, caller: Caller, service: Service
) -> Immunization:
    """Write down that a vaccine was given, or was not and why."""
    return await service.immunizations.record(caller, patient_id, body)


@router.get(ONE, responses=HIDDEN)
@policy(*READERS)
async def get_immunization(
    patient_id: UUID, immunization_id: UUID, caller: Caller, service: Service, at: At = None
) -> Immunization:
    """An immunization, as it is or as it was at a moment."""
    return await service.immunizations.chart.get(caller, patient_id, immunization_id, at)


@router.get(ONE + "/history", responses=HIDDEN)
@policy(*READERS)
async def get_immunization_history(
    patient_id: UUID, immunization_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed an immunization, when and how."""
    return await service.immunizations.chart.list_history(caller, patient_id, immunization_id)


@router.get(ONE + "/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_immunization_version(
    patient_id: UUID, immunization_id: UUID, version: Version, caller: Caller, service: Service
) -> Immunization:
    """An immunization, as it was in a version."""
    chart = service.immunizations.chart
    return await chart.get_version(caller, patient_id, immunization_id, version)


@router.put(ONE, responses=declared(*CHANGING, *REFUSED))
@policy(Permission.RECORDS_WRITE, cost=5)
async def correct_immunization(
    patient_id: UUID,
    immunization_id: UUID,
    body: ImmunizationRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Immunization:
    """Replace what is said of an immunization; the version before stays readable."""
    return await service.immunizations.correct(caller, patient_id, immunization_id, body, if_match)


@router.post(ONE + "/void", responses=declared(*CHANGING))
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_immunization(
    patient_id: UUID,
    immunization_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Immunization:
    """It should never have been written; it stays, and says so."""
    return await service.immunizations.chart.void(
        caller, patient_id, immunization_id, body, if_match
    )
