"""Routes below `/api/v1/medical-records/patients/{patient_id}/encounters`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.encounter_schemas import (
    Encounter,
    EncounterQuery,
    EncounterRequest,
    Finishing,
    ParticipantRequest,
)
from deployments.medical_records.entry_schemas import EntryHistory, Voiding
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant

router = gateway_router(tags=["encounters"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]

ALL = "/patients/{patient_id}/encounters"
ONE = ALL + "/{encounter_id}"
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
WRITER = Permission.RECORDS_WRITE
NOT_READ = declared(errors.RecordNotFound)
NOT_CHANGED = (
    errors.RecordNotFound,
    errors.ChangedMeanwhile,
    errors.EntryVoided,
    errors.EncounterStatusRefused,
)
NOT_MOVED = declared(*NOT_CHANGED)
NOT_CLOSED = declared(*NOT_CHANGED, errors.EncounterNotClosable, errors.EncounterRefused)


@router.post(
    ALL,
    status_code=201,
    responses=declared(
        errors.RecordNotFound,
        errors.EncounterRefused,
        errors.UnknownCode,
        errors.AdmittedAlready,
    ),
)
@policy(WRITER, cost=5)
async def open_encounter(
    patient_id: UUID, body: EncounterRequest, caller: Caller, service: Service
) -> Encounter:
    """Open an encounter; walk-ins and emergencies without a relation are reviewed."""
    return await service.encounters.open(caller, patient_id, body)


@router.get(ALL, responses=declared(errors.RecordNotFound, InvalidCursor))
@policy(*READERS)
async def list_encounters(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[EncounterQuery, Query()]
) -> Page[Encounter]:
    """A patient's encounters, latest start first."""
    return await service.encounters.list_page(caller, patient_id, query)


@router.get(ONE, responses=NOT_READ)
@policy(*READERS)
async def get_encounter(
    patient_id: UUID,
    encounter_id: UUID,
    caller: Caller,
    service: Service,
    at: Annotated[Instant | None, Query(description="as it was then")] = None,
) -> Encounter:
    """One encounter, as it is or was."""
    return await service.encounters.get(caller, patient_id, encounter_id, at)


@router.get(ONE + "/history", responses=NOT_READ)
@policy(*READERS)
async def get_encounter_history(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Every move of an encounter, with who and when."""
    return await service.encounters.list_history(caller, patient_id, encounter_id)


@router.get(ONE + "/versions/{version}", responses=NOT_READ)
@policy(*READERS)
async def get_encounter_version(
    patient_id: UUID, encounter_id: UUID, version: int, caller: Caller, service: Service
) -> Encounter:
    """One encounter as it was in a version."""
    return await service.encounters.get_version(caller, patient_id, encounter_id, version)


@router.post(ONE + "/arrive", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def arrive(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """The patient is here."""
    return await service.encounters.arrive(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/triage", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def triage(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """It is known how urgent it is."""
    return await service.encounters.triage(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/start", responses=declared(*NOT_CHANGED, errors.AdmittedAlready))
@policy(WRITER, cost=5)
async def start(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """The treatment begins."""
    return await service.encounters.start(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/leave", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def leave(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """The patient is away for a while."""
    return await service.encounters.leave(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/return", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def resume(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """The patient is back."""
    return await service.encounters.resume(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/finish", responses=NOT_CLOSED)
@policy(WRITER, cost=5)
async def finish(
    patient_id: UUID,
    encounter_id: UUID,
    body: Finishing,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Encounter:
    """End an encounter; not while a note is unsigned or an order waits for somebody."""
    return await service.encounters.finish(caller, patient_id, encounter_id, body, if_match)


@router.post(ONE + "/cancel", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def cancel(
    patient_id: UUID, encounter_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Encounter:
    """It does not take place."""
    return await service.encounters.cancel(caller, patient_id, encounter_id, if_match)


@router.post(ONE + "/void", responses=NOT_CLOSED)
@policy(WRITER, cost=5)
async def void_encounter(
    patient_id: UUID,
    encounter_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Encounter:
    """It should never have been written; it stays, and says so."""
    return await service.encounters.void(caller, patient_id, encounter_id, body, if_match)


@router.post(ONE + "/participants", responses=declared(*NOT_CHANGED, errors.EncounterRefused))
@policy(WRITER, cost=5)
async def join(
    patient_id: UUID,
    encounter_id: UUID,
    body: ParticipantRequest,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Encounter:
    """Somebody takes part from now on, and may read the chart."""
    return await service.participation.join(caller, patient_id, encounter_id, body, if_match)


@router.post(ONE + "/participants/{practitioner_id}/withdraw", responses=NOT_MOVED)
@policy(WRITER, cost=5)
async def withdraw(
    patient_id: UUID,
    encounter_id: UUID,
    practitioner_id: UUID,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Encounter:
    """Somebody takes part no more."""
    return await service.participation.withdraw(
        caller, patient_id, encounter_id, practitioner_id, if_match
    )
