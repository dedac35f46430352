"""Routes below `/api/v1/billing` about refunds."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.billing import payment_errors
from deployments.billing.payment_schemas import (
    Refund,
    RefundDecision,
    RefundQuery,
    RefundRequest,
)
from deployments.billing.payments_service import PaymentsService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import KeyMissing, declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["refunds"])
Service = Annotated[PaymentsService, Depends(service_of(PaymentsService, "payments"))]

NOT_MOVED = (
    payment_errors.RefundNotFound,
    payment_errors.RefundMoveNotAllowed,
    payment_errors.OtherPersonNeeded,
)


@router.post(
    "/payments/{payment_id}/refunds",
    status_code=201,
    responses=declared(
        KeyMissing,
        payment_errors.PaymentNotFound,
        payment_errors.MoreThanCaptured,
        payment_errors.DepositTooSmall,
    ),
)
@policy(Permission.BILLING_TAKE_PAYMENTS, cost=5, key_required=True)
async def request_refund(
    payment_id: UUID, body: RefundRequest, caller: Caller, service: Service
) -> Refund:
    """Ask a part of a payment back; somebody else approves it."""
    return await service.refunding.request(caller, payment_id, body)


@router.get("/refunds", responses=declared(InvalidCursor, payment_errors.RefundNotFound))
@policy(*READERS, cost=2)
async def list_refunds(
    caller: Caller, service: Service, query: Annotated[RefundQuery, Query()]
) -> Page[Refund]:
    """Refunds, newest first: patients see their own."""
    return await service.reading.list_refunds(caller, query)


@router.get("/refunds/{refund_id}", responses=declared(payment_errors.RefundNotFound))
@policy(*READERS)
async def get_refund(refund_id: UUID, caller: Caller, service: Service) -> Refund:
    """One refund."""
    return await service.reading.get_refund(caller, refund_id)


@router.post("/refunds/{refund_id}/approve", responses=declared(*NOT_MOVED))
@policy(Permission.BILLING_APPROVE, cost=5)
async def approve_refund(refund_id: UUID, caller: Caller, service: Service) -> Refund:
    """Agree; not to a refund that you asked for."""
    return await service.refunding.approve(caller, refund_id)


@router.post("/refunds/{refund_id}/reject", responses=declared(*NOT_MOVED))
@policy(Permission.BILLING_APPROVE, cost=5)
async def reject_refund(
    refund_id: UUID, body: RefundDecision, caller: Caller, service: Service
) -> Refund:
    """Refuse, and say why."""
    return await service.refunding.reject(caller, refund_id, body.note)


@router.post(
    "/refunds/{refund_id}/complete",
    responses=declared(KeyMissing, *NOT_MOVED, payment_errors.NoOpenSession),
)
@policy(Permission.BILLING_TAKE_PAYMENTS, cost=10, key_required=True)
async def complete_refund(refund_id: UUID, caller: Caller, service: Service) -> Refund:
    """Give the money back where it came from; not if you approved it."""
    return await service.refunding.complete(caller, refund_id)
