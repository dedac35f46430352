"""Routes below `/api/v1/medical-records/patients/{patient_id}/notes`."""

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
from deployments.medical_records.note_schemas import Addenda, Draft, Note, NoteQuery, NoteRequest
from deployments.medical_records.service import RecordsService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Instant

router = gateway_router(tags=["notes"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]

ALL = "/patients/{patient_id}/notes"
ONE = ALL + "/{note_id}"
READERS = (Permission.RECORDS_READ_OWN, Permission.RECORDS_READ_TREATED)
NOT_READ = declared(errors.RecordNotFound)
NOT_CHANGED = declared(
    errors.RecordNotFound,
    errors.ChangedMeanwhile,
    errors.EntryVoided,
    errors.NoteStatusRefused,
    errors.NotTheAuthor,
)


@router.post(
    ALL,
    status_code=201,
    responses=declared(
        errors.RecordNotFound, errors.EncounterRefused, errors.EncounterStatusRefused
    ),
)
@policy(Permission.RECORDS_WRITE, cost=5)
async def write_note(patient_id: UUID, body: NoteRequest, caller: Caller, service: Service) -> Note:
    """Write a draft."""
    return await service.notes.write(caller, patient_id, body)


@router.get(ALL, responses=declared(errors.RecordNotFound, InvalidCursor))
@policy(*READERS)
async def list_notes(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[NoteQuery, Query()]
) -> Page[Note]:
    """A patient's notes, newest first; patients see what is signed."""
    return await service.notes.list_page(caller, patient_id, query)


@router.get(ONE, responses=NOT_READ)
@policy(*READERS)
async def get_note(
    patient_id: UUID,
    note_id: UUID,
    caller: Caller,
    service: Service,
    at: Annotated[Instant | None, Query(description="as it was then")] = None,
) -> Note:
    """One note, as it is or was; `intact` says whether it is what was signed."""
    return await service.notes.get(caller, patient_id, note_id, at)


@router.put(ONE, responses=NOT_CHANGED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def rewrite_note(
    patient_id: UUID,
    note_id: UUID,
    body: Draft,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Note:
    """Change a draft; its author only."""
    return await service.notes.rewrite(caller, patient_id, note_id, body, if_match)


@router.post(ONE + "/sign", responses=NOT_CHANGED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def sign_note(
    patient_id: UUID, note_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Note:
    """Sign a draft: its text never changes again."""
    return await service.notes.sign(caller, patient_id, note_id, if_match)


@router.post(ONE + "/addenda", responses=NOT_CHANGED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def add_to_note(
    patient_id: UUID, note_id: UUID, body: Draft, caller: Caller, service: Service
) -> Note:
    """Add to a signed note; the addition is signed at once."""
    return await service.notes.add_to(caller, patient_id, note_id, body)


@router.get(ONE + "/addenda", responses=NOT_READ)
@policy(*READERS)
async def list_addenda(
    patient_id: UUID, note_id: UUID, caller: Caller, service: Service
) -> Addenda:
    """What was added to a note, oldest first."""
    return await service.notes.list_addenda(caller, patient_id, note_id)


@router.post(ONE + "/void", responses=NOT_CHANGED)
@policy(Permission.RECORDS_WRITE, cost=5)
async def void_note(
    patient_id: UUID,
    note_id: UUID,
    body: Voiding,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
) -> Note:
    """It should never have been written, or the draft is given up; it stays, and says so."""
    return await service.notes.void(caller, patient_id, note_id, body, if_match)


@router.get(ONE + "/history", responses=NOT_READ)
@policy(*READERS)
async def get_note_history(
    patient_id: UUID, note_id: UUID, caller: Caller, service: Service
) -> EntryHistory:
    """Who did what to a note, and when."""
    return await service.notes.list_history(caller, patient_id, note_id)


@router.get(ONE + "/versions/{version}", responses=NOT_READ)
@policy(*READERS)
async def get_note_version(
    patient_id: UUID, note_id: UUID, version: int, caller: Caller, service: Service
) -> Note:
    """One note as it was in a version."""
    return await service.notes.get_version(caller, patient_id, note_id, version)
