"""Routes below `/api/v1/laboratory` about specimens."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.specimen_schemas import (
    Accession,
    Aliquots,
    Collection,
    LabSpecimen,
    Receipt,
    Rejection,
    StoragePlace,
)
from deployments.pagination import Page

router = gateway_router(tags=["laboratory specimens"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
NOT_READ = (errors.SpecimenNotFound, errors.CannotCheck)
NOT_MOVED = (*NOT_READ, errors.MoveNotAllowed, errors.ChangedMeanwhile)
COLLECT = Permission.LABORATORY_COLLECT
WORK = Permission.LABORATORY_WORK


@router.get("/specimens", responses=declared(*NOT_READ))
@policy(COLLECT)
async def find_specimen(
    caller: Caller, service: Service, accession: Annotated[Accession, Query()]
) -> LabSpecimen:
    """The specimen with the number that was scanned."""
    return await service.specimen_reading.find(caller, accession)


@router.get("/specimens/{specimen_id}", responses=declared(*NOT_READ))
@policy(COLLECT)
async def get_specimen(specimen_id: UUID, caller: Caller, service: Service) -> LabSpecimen:
    """One specimen."""
    return await service.specimen_reading.get(caller, specimen_id)


@router.post("/specimens/{specimen_id}/collect", responses=declared(*NOT_MOVED, errors.WrongTime))
@policy(COLLECT, cost=5)
async def collect_specimen(
    specimen_id: UUID, body: Collection, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It was taken from the patient."""
    return await service.specimens.collect(caller, specimen_id, body, if_match)


@router.post("/specimens/{specimen_id}/transport", responses=declared(*NOT_MOVED))
@policy(COLLECT, cost=5)
async def transport_specimen(
    specimen_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It is on its way."""
    return await service.specimens.transport(caller, specimen_id, if_match)


@router.post("/specimens/{specimen_id}/receive", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def receive_specimen(
    specimen_id: UUID, body: Receipt, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It has arrived, and looks like this."""
    return await service.specimens.receive(caller, specimen_id, body, if_match)


@router.post("/specimens/{specimen_id}/accept", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def accept_specimen(
    specimen_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It is fit; its tests begin."""
    return await service.specimens.accept(caller, specimen_id, if_match)


@router.post("/specimens/{specimen_id}/reject", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def reject_specimen(
    specimen_id: UUID, body: Rejection, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It cannot be used; its tests are asked for again on a new specimen."""
    return await service.specimens.reject(caller, specimen_id, body, if_match)


@router.post("/specimens/{specimen_id}/store", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def store_specimen(
    specimen_id: UUID, body: StoragePlace, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It is put somewhere, or somewhere else."""
    return await service.specimens.store(caller, specimen_id, body, if_match)


@router.post("/specimens/{specimen_id}/dispose", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def dispose_specimen(
    specimen_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> LabSpecimen:
    """It is thrown away; refused while a test waits for it."""
    return await service.specimens.dispose(caller, specimen_id, if_match)


@router.post(
    "/specimens/{specimen_id}/aliquots",
    status_code=201,
    responses=declared(errors.SpecimenNotFound, errors.MoveNotAllowed, errors.NotEnoughLeft),
)
@policy(WORK, cost=5)
async def divide_specimen(
    specimen_id: UUID, body: Aliquots, caller: Caller, service: Service
) -> Page[LabSpecimen]:
    """Take parts of it, each with a number of its own."""
    return await service.dividing.divide(caller, specimen_id, body)
