"""Routes below `/api/v1/laboratory` about orders and what is to be done."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.order_reading import READERS
from deployments.laboratory.order_schemas import (
    Addition,
    Because,
    LabHistory,
    LabOrder,
    LabOrderQuery,
    LabOrderRequest,
    TestCancellation,
    WorklistItem,
    WorklistQuery,
)
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["laboratory orders"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
NOT_READ = (errors.OrderNotFound, errors.CannotCheck)
NOT_MOVED = (*NOT_READ, errors.MoveNotAllowed, errors.ChangedMeanwhile)
ORDER = Permission.LABORATORY_ORDER


@router.post(
    "/orders",
    status_code=201,
    responses=declared(errors.NotOrderable, errors.PatientNotFound, errors.CannotCheck),
)
@policy(ORDER, cost=5)
async def place_order(body: LabOrderRequest, caller: Caller, service: Service) -> LabOrder:
    """Order tests or panels; the answer has the specimens to collect, with their numbers."""
    return await service.ordering.place(caller, body)


@router.get(
    "/orders", responses=declared(errors.PatientNotFound, errors.CannotCheck, InvalidCursor)
)
@policy(*READERS)
async def list_orders(
    caller: Caller, service: Service, query: Annotated[LabOrderQuery, Query()]
) -> Page[LabOrder]:
    """Your own orders; those of a patient; all of them in the laboratory."""
    return await service.order_reading.list_page(caller, query)


@router.get("/orders/{order_id}", responses=declared(*NOT_READ))
@policy(*READERS)
async def get_order(order_id: UUID, caller: Caller, service: Service) -> LabOrder:
    """One order with its tests and specimens."""
    return await service.order_reading.get(caller, order_id)


@router.get("/orders/{order_id}/history", responses=declared(*NOT_READ))
@policy(*READERS)
async def get_order_history(order_id: UUID, caller: Caller, service: Service) -> LabHistory:
    """Every step of an order, its tests and specimens, with who and why."""
    return await service.order_reading.get_history(caller, order_id)


@router.post(
    "/orders/{order_id}/add-ons",
    status_code=201,
    responses=declared(*NOT_MOVED, errors.NotOrderable, errors.AlreadyOrdered),
)
@policy(ORDER, cost=5)
async def add_tests_to_order(
    order_id: UUID, body: Addition, caller: Caller, service: Service, if_match: IfMatch
) -> LabOrder:
    """Add tests; a stored specimen that is still stable is used again."""
    return await service.ordering.add(caller, order_id, body, if_match)


@router.post("/orders/{order_id}/cancellations", responses=declared(*NOT_MOVED[:3]))
@policy(ORDER, cost=5)
async def cancel_tests(
    order_id: UUID, body: TestCancellation, caller: Caller, service: Service
) -> LabOrder:
    """Take tests back that have not begun, all of them or none."""
    return await service.ordering.cancel(caller, order_id, body)


@router.post("/orders/{order_id}/hold", responses=declared(*NOT_MOVED))
@policy(ORDER, cost=5)
async def hold_order(
    order_id: UUID, body: Because, caller: Caller, service: Service, if_match: IfMatch
) -> LabOrder:
    """Let an order rest; its tests leave the worklist."""
    return await service.ordering.hold(caller, order_id, body, if_match)


@router.post("/orders/{order_id}/resume", responses=declared(*NOT_MOVED))
@policy(ORDER, cost=5)
async def resume_order(
    order_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> LabOrder:
    """Go on with an order that rested."""
    return await service.ordering.resume(caller, order_id, if_match)


@router.post("/orders/{order_id}/revoke", responses=declared(*NOT_MOVED))
@policy(ORDER, cost=5)
async def revoke_order(
    order_id: UUID, body: Because, caller: Caller, service: Service, if_match: IfMatch
) -> LabOrder:
    """Take an order back of which nothing has begun."""
    return await service.ordering.revoke(caller, order_id, body, if_match)


@router.get("/worklist", responses=declared(InvalidCursor))
@policy(Permission.LABORATORY_READ_ANY)
async def list_work(
    caller: Caller, service: Service, query: Annotated[WorklistQuery, Query()]
) -> Page[WorklistItem]:
    """Open tests, the first due first."""
    return await service.order_reading.worklist(caller, query)
