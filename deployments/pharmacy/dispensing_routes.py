"""Routes below `/api/v1/pharmacy` about dispensing and recalls."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.pharmacy import errors, stock_errors
from deployments.pharmacy.dispensing_schemas import (
    AffectedPatient,
    Decline,
    Dispensing,
    DispensingQuery,
    DispensingReason,
    DispensingRequest,
    HandOver,
    Recall,
    RecallRequest,
    RemainingItems,
    ReturnRequest,
    WitnessedReturn,
)
from deployments.pharmacy.stock_service import StockService

router = gateway_router(tags=["dispensing"])
Service = Annotated[StockService, Depends(service_of(StockService, "stock"))]

NOT_ALLOWED = (
    stock_errors.NotDispensable,
    errors.Expired,
    stock_errors.TooMuchDispensed,
    stock_errors.TooEarlyToRefill,
    stock_errors.OutOfStock,
)
NOT_MOVED = (stock_errors.DispensingNotFound, errors.ChangedMeanwhile, errors.MoveNotAllowed)


@router.get("/dispensings", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, Permission.PHARMACY_READ_OWN, cost=2)
async def list_dispensings(
    caller: Caller, service: Service, query: Annotated[DispensingQuery, Query()]
) -> Page[Dispensing]:
    """Dispensings, newest first: patients see their own, staff those whom they treat."""
    return await service.reading.list_page(caller, query)


@router.post(
    "/dispensings",
    status_code=201,
    responses=declared(
        errors.PrescriptionNotFound,
        errors.MedicationNotFound,
        stock_errors.LocationNotFound,
        stock_errors.QuantityNotPossible,
        stock_errors.SubstitutionNotAllowed,
        *NOT_ALLOWED,
    ),
)
@policy(Permission.PHARMACY_DISPENSE, cost=10)
async def prepare(body: DispensingRequest, caller: Caller, service: Service) -> Dispensing:
    """Prepare a dispensing: batches that expire first are chosen, over several if need be."""
    return await service.preparing.prepare(caller, body)


@router.get("/dispensings/{dispensing_id}", responses=declared(stock_errors.DispensingNotFound))
@policy(Permission.PHARMACY_READ, Permission.PHARMACY_READ_OWN)
async def get_dispensing(dispensing_id: UUID, caller: Caller, service: Service) -> Dispensing:
    """One dispensing."""
    return await service.reading.get(caller, dispensing_id)


@router.post("/dispensings/{dispensing_id}/pick", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_DISPENSE, cost=5)
async def pick(
    dispensing_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """The medicines lie ready."""
    return await service.preparing.pick(caller, dispensing_id, if_match)


@router.post("/dispensings/{dispensing_id}/hold", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_DISPENSE, cost=5)
async def hold(
    dispensing_id: UUID, body: DispensingReason, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """Let a dispensing rest."""
    return await service.preparing.hold(caller, dispensing_id, body.reason, if_match)


@router.post("/dispensings/{dispensing_id}/resume", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_DISPENSE, cost=5)
async def resume(
    dispensing_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """Go on with a dispensing that rested."""
    return await service.preparing.resume(caller, dispensing_id, if_match)


@router.post(
    "/dispensings/{dispensing_id}/witness",
    responses=declared(
        stock_errors.DispensingNotFound, errors.MoveNotAllowed, stock_errors.SamePerson
    ),
)
@policy(Permission.PHARMACY_WITNESS, cost=5)
async def witness(dispensing_id: UUID, caller: Caller, service: Service) -> Dispensing:
    """Sign as a second person that what lies ready is right."""
    return await service.preparing.witness(caller, dispensing_id)


@router.post(
    "/dispensings/{dispensing_id}/complete",
    responses=declared(
        *NOT_MOVED,
        errors.CannotCheck,
        errors.Contraindicated,
        errors.OverrideNeeded,
        errors.UnknownOverride,
        stock_errors.BatchNotUsable,
        stock_errors.WitnessNeeded,
        stock_errors.SamePerson,
        *NOT_ALLOWED,
    ),
)
@policy(Permission.PHARMACY_DISPENSE, cost=10)
async def complete(
    dispensing_id: UUID,
    caller: Caller,
    service: Service,
    if_match: IfMatch,
    body: HandOver | None = None,
) -> Dispensing:
    """Hand over what was picked, after checking allergies and interactions again."""
    overrides = body.overrides if body else ()
    return await service.completion.complete(caller, dispensing_id, if_match, overrides)


@router.post("/dispensings/{dispensing_id}/decline", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_DISPENSE, cost=5)
async def decline(
    dispensing_id: UUID, body: Decline, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """Refuse to hand over, with a coded reason."""
    return await service.preparing.decline(caller, dispensing_id, body, if_match)


@router.post("/dispensings/{dispensing_id}/stop", responses=declared(*NOT_MOVED))
@policy(Permission.PHARMACY_DISPENSE, cost=5)
async def stop(
    dispensing_id: UUID, body: DispensingReason, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """End a dispensing that was begun."""
    return await service.preparing.stop(caller, dispensing_id, body.reason, if_match)


@router.post(
    "/dispensings/{dispensing_id}/cancel",
    responses=declared(*NOT_MOVED, stock_errors.WitnessNeeded, stock_errors.SamePerson),
)
@policy(Permission.PHARMACY_DISPENSE, cost=10)
async def cancel(
    dispensing_id: UUID, body: DispensingReason, caller: Caller, service: Service, if_match: IfMatch
) -> Dispensing:
    """Undo a dispensing; what was handed over goes back to its batches."""
    return await service.returns.cancel(caller, dispensing_id, body.reason, if_match)


@router.post(
    "/dispensings/{dispensing_id}/returns",
    responses=declared(
        stock_errors.DispensingNotFound,
        errors.MoveNotAllowed,
        stock_errors.TooMuchReturned,
        stock_errors.QuantityNotPossible,
        stock_errors.NoQuarantine,
        stock_errors.WitnessNeeded,
        stock_errors.SamePerson,
    ),
)
@policy(Permission.PHARMACY_DISPENSE, cost=10)
async def give_back(
    dispensing_id: UUID, body: ReturnRequest, caller: Caller, service: Service
) -> Dispensing:
    """Take medicines back: to the batch that they came from, or to the quarantine if spoiled."""
    return await service.returns.give_back(caller, dispensing_id, body)


@router.post(
    "/dispensings/{dispensing_id}/returns/witness",
    responses=declared(
        stock_errors.DispensingNotFound,
        errors.MoveNotAllowed,
        stock_errors.QuantityNotPossible,
        stock_errors.SamePerson,
    ),
)
@policy(Permission.PHARMACY_WITNESS, cost=5)
async def witness_return(
    dispensing_id: UUID, body: WitnessedReturn, caller: Caller, service: Service
) -> Dispensing:
    """Sign as a second person for the controlled drugs that come back."""
    return await service.returns.witness(caller, dispensing_id, body)


@router.get(
    "/prescriptions/{prescription_id}/remaining",
    responses=declared(errors.PrescriptionNotFound),
)
@policy(Permission.PHARMACY_DISPENSE, cost=2)
async def get_remaining(prescription_id: UUID, caller: Caller, service: Service) -> RemainingItems:
    """What may still be handed over of a prescription, and from when on."""
    return await service.reading.get_remaining(caller, prescription_id)


@router.get("/recalls", responses=declared(InvalidCursor))
@policy(Permission.PHARMACY_READ, cost=2)
async def list_recalls(caller: Caller, service: Service, page: PageQuery) -> Page[Recall]:
    """Recalled lots, newest first."""
    return await service.recalls.list_page(caller, page)


@router.post(
    "/recalls",
    status_code=201,
    responses=declared(stock_errors.BatchNotFound, stock_errors.AlreadyRecalled),
)
@policy(Permission.PHARMACY_APPROVE_STOCK, cost=10)
async def recall(body: RecallRequest, caller: Caller, service: Service) -> Recall:
    """Recall a lot, and tell every patient who still has some of it."""
    return await service.recalls.recall(caller, body)


@router.get("/recalls/{recall_id}", responses=declared(stock_errors.RecallNotFound))
@policy(Permission.PHARMACY_READ)
async def get_recall(recall_id: UUID, caller: Caller, service: Service) -> Recall:
    """One recall."""
    return await service.recalls.get(caller, recall_id)


@router.get(
    "/recalls/{recall_id}/patients",
    responses=declared(stock_errors.RecallNotFound, InvalidCursor),
)
@policy(Permission.PHARMACY_DISPENSE, cost=2)
async def list_recall_patients(
    recall_id: UUID, caller: Caller, service: Service, page: PageQuery
) -> Page[AffectedPatient]:
    """The patients who still have some of a recalled lot."""
    return await service.recalls.list_patients(caller, recall_id, page)
