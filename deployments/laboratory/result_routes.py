"""Routes below `/api/v1/laboratory` about results and what is held."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Query

from deployments.access import Permission
from deployments.errors import Malformed
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.order_reading import READERS
from deployments.laboratory.result_schemas import (
    Correction,
    Discarding,
    Entries,
    FileReceipt,
    HeldQuery,
    HeldResult,
    LabResult,
    Placing,
    Repeat,
    ResultVersions,
    Series,
    SeriesQuery,
)
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["laboratory results"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
WORK = Permission.LABORATORY_WORK
VERIFY = Permission.LABORATORY_VERIFY
NOT_MOVED = (errors.ResultNotFound, errors.MoveNotAllowed)


@router.post(
    "/tests/{test_id}/results",
    status_code=201,
    responses=declared(errors.TestNotFound, errors.NotPlaced),
)
@policy(WORK, cost=5)
async def enter_result(test_id: UUID, body: Entries, caller: Caller, service: Service) -> LabResult:
    """Enter what was measured by hand; units are converted, limits applied."""
    return await service.entering.enter(caller, test_id, body)


@router.post(
    "/tests/{test_id}/corrections",
    status_code=201,
    responses=declared(errors.TestNotFound, errors.MoveNotAllowed, errors.NotPlaced),
)
@policy(WORK, cost=5)
async def correct_result(
    test_id: UUID, body: Correction, caller: Caller, service: Service
) -> LabResult:
    """What is right in place of what was released; a second person releases it."""
    return await service.entering.correct(caller, test_id, body)


@router.get("/tests/{test_id}/results", responses=declared(errors.TestNotFound, errors.CannotCheck))
@policy(*READERS)
async def list_result_versions(test_id: UUID, caller: Caller, service: Service) -> ResultVersions:
    """Every version of the result of a test that you may see, newest first."""
    return await service.result_reading.list_versions(caller, test_id)


@router.get("/results/{result_id}", responses=declared(errors.ResultNotFound, errors.CannotCheck))
@policy(*READERS)
async def get_result(result_id: UUID, caller: Caller, service: Service) -> LabResult:
    """One version of a result."""
    return await service.result_reading.get(caller, result_id)


@router.post("/results/{result_id}/accept", responses=declared(*NOT_MOVED))
@policy(WORK, cost=5)
async def accept_result(result_id: UUID, caller: Caller, service: Service) -> LabResult:
    """The measurement is technically sound."""
    return await service.entering.accept(caller, result_id)


@router.post(
    "/results/{result_id}/release",
    responses=declared(*NOT_MOVED, errors.OwnResult, errors.ControlOpen),
)
@policy(VERIFY, cost=5)
async def release_result(result_id: UUID, caller: Caller, service: Service) -> LabResult:
    """Release it; not by whoever entered it."""
    return await service.entering.release(caller, result_id)


@router.post("/results/{result_id}/repeat", responses=declared(*NOT_MOVED))
@policy(VERIFY, cost=5)
async def repeat_test(result_id: UUID, body: Repeat, caller: Caller, service: Service) -> LabResult:
    """The result is not believed; measure again."""
    return await service.entering.repeat(caller, result_id, body)


@router.get(
    "/patients/{patient_id}/results",
    responses=declared(errors.PatientNotFound, errors.TestTypeNotFound, errors.CannotCheck),
)
@policy(*READERS)
async def list_patient_values(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[SeriesQuery, Query()]
) -> Series:
    """Released values of a patient, newest first, ready to plot."""
    return await service.result_reading.series(caller, patient_id, query)


@router.post("/result-files", status_code=201, responses=declared(Malformed))
@policy(WORK, cost=20)
async def send_result_file(
    body: Annotated[bytes, Body(media_type="text/csv", max_length=1_000_000)],
    caller: Caller,
    service: Service,
) -> FileReceipt:
    """A CSV of results: accession,parameter,value,unit,observed_at. The receipt has each line."""
    return await service.holding.read_file(caller, body)


@router.get("/held-results", responses=declared(InvalidCursor))
@policy(WORK)
async def list_held_results(
    caller: Caller, service: Service, query: Annotated[HeldQuery, Query()]
) -> Page[HeldResult]:
    """Values that came and could not be placed."""
    return await service.holding.list_held(caller, query)


@router.post(
    "/held-results/{held_id}/place",
    responses=declared(errors.HeldNotFound, errors.MoveNotAllowed, errors.NotPlaced),
)
@policy(WORK, cost=5)
async def place_held_result(
    held_id: UUID, body: Placing, caller: Caller, service: Service
) -> HeldResult:
    """Put a held value where it belongs."""
    return await service.holding.place(caller, held_id, body)


@router.post(
    "/held-results/{held_id}/discard",
    responses=declared(errors.HeldNotFound, errors.MoveNotAllowed),
)
@policy(WORK, cost=5)
async def discard_held_result(
    held_id: UUID, body: Discarding, caller: Caller, service: Service
) -> HeldResult:
    """Do not use it; it stays to be read."""
    return await service.holding.discard(caller, held_id, body)
