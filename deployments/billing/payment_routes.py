"""Routes below `/api/v1/billing` about payments, deposits and what the provider tells."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from deployments.access import Permission
from deployments.billing import errors, payment_errors
from deployments.billing.payment_schemas import (
    DepositRequest,
    Deposits,
    Payment,
    PaymentQuery,
    PaymentRequest,
)
from deployments.billing.payments_service import PaymentsService
from deployments.billing.sight import READERS
from deployments.errors import Malformed
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import PUBLIC, policy
from deployments.gateway.problems import KeyMissing, declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["payments"])
Service = Annotated[PaymentsService, Depends(service_of(PaymentsService, "payments"))]

PAYERS = (Permission.BILLING_PAY_OWN, Permission.BILLING_TAKE_PAYMENTS)
NOT_TAKEN = (
    KeyMissing,
    payment_errors.MethodNotAllowed,
    payment_errors.TooLittleTendered,
    payment_errors.NoOpenSession,
    payment_errors.BankReferenceUsed,
)


@router.post(
    "/payments",
    status_code=201,
    responses=declared(
        errors.InvoiceNotFound,
        errors.NotIssued,
        payment_errors.MoreThanIsOwed,
        payment_errors.DepositTooSmall,
        *NOT_TAKEN,
    ),
)
@policy(*PAYERS, cost=10, key_required=True)
async def pay(body: PaymentRequest, caller: Caller, service: Service) -> Payment:
    """Pay an invoice, or a part of it; a card may be `unknown` for a while: read it again."""
    return await service.paying.pay(caller, body)


@router.get("/payments", responses=declared(InvalidCursor, payment_errors.PaymentNotFound))
@policy(*READERS, cost=2)
async def list_payments(
    caller: Caller, service: Service, query: Annotated[PaymentQuery, Query()]
) -> Page[Payment]:
    """Payments, newest first: patients see their own."""
    return await service.reading.list_page(caller, query)


@router.get("/payments/{payment_id}", responses=declared(payment_errors.PaymentNotFound))
@policy(*READERS)
async def get_payment(payment_id: UUID, caller: Caller, service: Service) -> Payment:
    """One payment."""
    return await service.reading.get(caller, payment_id)


@router.post("/deposits", status_code=201, responses=declared(*NOT_TAKEN))
@policy(*PAYERS, cost=10, key_required=True)
async def deposit(body: DepositRequest, caller: Caller, service: Service) -> Payment:
    """Pay in advance; use it on an invoice by the method `deposit`, or ask it back."""
    return await service.paying.deposit(caller, body)


@router.get("/patients/{patient_id}/deposits", responses=declared(payment_errors.PaymentNotFound))
@policy(*READERS)
async def get_deposits(patient_id: UUID, caller: Caller, service: Service) -> Deposits:
    """What a patient has paid in advance and not used."""
    return await service.reading.get_deposits(caller, patient_id)


@router.post(
    "/webhooks/card-payments",
    status_code=204,
    responses=declared(payment_errors.SignatureRefused, Malformed),
)
@policy(PUBLIC, idempotent=False)
async def hear_provider(request: Request, service: Service) -> None:
    """What the payment provider tells by itself; let in by its signature alone."""
    await service.webhooks.hear(request.headers, await request.body())
