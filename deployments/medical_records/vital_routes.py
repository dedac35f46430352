"""Routes about vital signs and other observations, and growth."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.entry_schemas import EntryHistory, Voiding
from deployments.medical_records.growth import Measure
from deployments.medical_records.service import RecordsService
from deployments.medical_records.vital_schemas import (
    Amendment,
    Growth,
    LatestQuery,
    MeasurementRequest,
    Observation,
    Observations,
    Round,
    RoundRequest,
    Signs,
    VitalQuery,
)
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant, Version

router = gateway_router(tags=["vital signs"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]
At = Annotated[Instant | None, Query(description="as it was at this moment")]
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
HIDDEN = declared(errors.RecordNotFound)
PAGED = declared(errors.RecordNotFound, InvalidCursor)
NOT_WRITTEN = declared(
    errors.RecordNotFound,
    errors.MeasurementRefused,
    errors.EncounterRefused,
    errors.EncounterStatusRefused,
)
NOT_VOIDED = declared(errors.RecordNotFound, errors.ChangedMeanwhile, errors.EntryVoided)
NOT_AMENDED = declared(
    errors.RecordNotFound,
    errors.ChangedMeanwhile,
    errors.EntryVoided,
    errors.MeasurementRefused,
)
BASE = "/patients/{patient_id}/vital-signs"
ONE = BASE + "/{observation_id}"


@router.get("/vital-signs/codes")
@policy(*READERS)
async def list_signs(service: Service) -> Signs:
    """The vital signs that can be written down, with the units and values that are accepted."""
    return service.vitals.list_signs()


@router.get(BASE, responses=PAGED)
@policy(*READERS)
async def list_observations(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[VitalQuery, Query()]
) -> Page[Observation]:
    """Vital signs, laboratory values and findings of a patient, the latest first."""
    return await service.vitals.list_page(caller, patient_id, query)


@router.get(BASE + "/latest", responses=HIDDEN)
@policy(*READERS)
async def get_latest(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[LatestQuery, Query()]
) -> Observations:
    """The last observation of each code."""
    return await service.vitals.get_latest(caller, patient_id, query.code)


@router.get(BASE + "/growth", responses=HIDDEN)
@policy(*READERS, cost=2)
async def get_growth(
    patient_id: UUID, caller: Caller, service: Service, measure: Measure = Measure.WEIGHT
) -> Growth:
    """A child's growth and WHO's curves beside it, ready to plot."""
    return await service.growth.get(caller, patient_id, measure)


@router.post(BASE, status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_observation(
    patient_id: UUID, body: MeasurementRequest, caller: Caller, service: Service
) -> Observation:
    """Write down one vital sign."""
    return await service.vitals.record(caller, patient_id, body)


@router.post(BASE + "/rounds", status_code=201, responses=NOT_WRITTEN)
@policy(Permission.RECORDS_WRITE, cost=5)
async def record_round(
    patient_id: UUID, body: RoundRequest, caller: Caller, service: Service
) -> Round:
    """Write down vital signs that were measured together: all of them or none."""
    return await service.vitals.record_round(caller, patient_id, body)


@router.get(ONE, responses=HIDDEN)
@policy(*READERS)
async def get_observation(
    patient_id: UUID, observation_id: UUID, caller: Caller, service: Service, at: At = None
) -> Observation:
    """An observation, as it is or as it was at a moment."""
    return await service.vitals.chart.get(caller, patient_id, observation_id, at)


@router.get(ONE + "/history", responses=HIDDEN)
@policy(*READERS)
async def get_observation_history(
    patient_id: UUID, observation_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who changed an observation, when and how."""
    return await service.vitals.chart.list_history(caller, patient_id, observation_id)


@router.get(ONE + "/versions/{version}", responses=HIDDEN)
@policy(*READERS)
async def get_observation_version(
    patient_id: UUID, observation_id: UUID, version: Version, caller: Caller, service: Service
) -> Observation:
    """An observation, as it was in a version."""
    return await service.vitals.chart.get_version(caller, patient_id, observation_id, version)


@router.post(ONE + "/amend", responses=NOT_AMENDED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def amend_observation(
    patient_id: UUID,
    observation_id: UUID,
    body: Amendment,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Observation:
    """Replace the result of a vital sign; the version before stays readable."""
    return await service.vitals.amend(caller, patient_id, observation_id, body, if_match)


@router.post(ONE + "/void", responses=NOT_VOIDED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_observation(
    patient_id: UUID,
    observation_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Observation:
    """It should never have been written; it stays, and says so."""
    return await service.vitals.void(caller, patient_id, observation_id, body, if_match)
