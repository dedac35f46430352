"""Routes below `/api/v1/billing` about cashiers' drawers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.billing import payment_errors
from deployments.billing.cashiering import READERS
from deployments.billing.payment_schemas import (
    CashierSession,
    SessionClosing,
    SessionQuery,
    SessionRequest,
)
from deployments.billing.payments_service import PaymentsService
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import KeyMissing, declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["cashiers"])
Service = Annotated[PaymentsService, Depends(service_of(PaymentsService, "payments"))]

NOT_MOVED = (payment_errors.SessionNotFound, payment_errors.SessionMoveNotAllowed)


@router.post(
    "/cashier-sessions",
    status_code=201,
    responses=declared(KeyMissing, payment_errors.SessionOpen),
)
@policy(Permission.BILLING_TAKE_PAYMENTS, cost=5, key_required=True)
async def open_session(body: SessionRequest, caller: Caller, service: Service) -> CashierSession:
    """Open your drawer with what is in it."""
    return await service.cashiering.open(caller, body)


@router.get("/cashier-sessions", responses=declared(InvalidCursor))
@policy(*READERS, cost=2)
async def list_sessions(
    caller: Caller, service: Service, query: Annotated[SessionQuery, Query()]
) -> Page[CashierSession]:
    """Drawers, newest first."""
    return await service.cashiering.list_page(caller, query)


@router.get("/cashier-sessions/{session_id}", responses=declared(payment_errors.SessionNotFound))
@policy(*READERS)
async def get_session(session_id: UUID, caller: Caller, service: Service) -> CashierSession:
    """One drawer, with what should be in it."""
    return await service.cashiering.get(caller, session_id)


@router.post(
    "/cashier-sessions/{session_id}/close",
    responses=declared(KeyMissing, *NOT_MOVED, payment_errors.ReasonNeeded),
)
@policy(Permission.BILLING_TAKE_PAYMENTS, cost=5, key_required=True)
async def close_session(
    session_id: UUID, body: SessionClosing, caller: Caller, service: Service
) -> CashierSession:
    """Count your drawer; say why if it differs."""
    return await service.cashiering.close(caller, session_id, body)


@router.post(
    "/cashier-sessions/{session_id}/reconcile",
    responses=declared(*NOT_MOVED, payment_errors.OtherPersonNeeded),
)
@policy(Permission.BILLING_APPROVE, cost=5)
async def reconcile_session(session_id: UUID, caller: Caller, service: Service) -> CashierSession:
    """Confirm what another cashier counted."""
    return await service.cashiering.reconcile(caller, session_id)
