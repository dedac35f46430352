"""Routes below `/api/v1/billing` about invoices and credit notes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.billing import errors
from deployments.billing.charge_schemas import Decision, Discount, DiscountRequest, Discounts
from deployments.billing.credit_schemas import (
    CreditNote,
    CreditNoteQuery,
    CreditNoteRequest,
    CreditNoteSummary,
)
from deployments.billing.schemas import Invoice, InvoiceQuery, InvoiceSummary
from deployments.billing.service import BillingService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, IfMatch, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["invoices"])
Service = Annotated[BillingService, Depends(service_of(BillingService))]
APPROVE = Permission.BILLING_APPROVE
NOT_ISSUABLE = (
    errors.InvoiceNotFound,
    errors.ChangedMeanwhile,
    errors.NotDraft,
    errors.NothingToIssue,
    errors.Unpriced,
    errors.DiscountUndecided,
)
NOT_DECIDABLE = (
    errors.CreditNoteNotFound,
    errors.AlreadyDecided,
    errors.OwnRequest,
    errors.NotIssued,
    errors.OverCredit,
    errors.ChangedMeanwhile,
)


@router.get("/invoices", responses=declared(errors.InvoiceNotFound, InvalidCursor))
@policy(*READERS)
async def list_invoices(
    caller: Caller, service: Service, query: Annotated[InvoiceQuery, Query()]
) -> Page[InvoiceSummary]:
    """Invoices, newest first; a patient sees their own that are issued."""
    return await service.invoice_reading.list_page(caller, query)


@router.get("/invoices/{invoice_id}", responses=declared(errors.InvoiceNotFound))
@policy(*READERS)
async def get_invoice(invoice_id: UUID, caller: Caller, service: Service) -> Invoice:
    """One invoice with its lines; a draft with what they would be now."""
    return await service.invoice_reading.get(caller, invoice_id)


@router.post("/invoices/{invoice_id}/issue", responses=declared(*NOT_ISSUABLE))
@policy(Permission.BILLING_ISSUE, cost=5)
async def issue_invoice(
    invoice_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> Invoice:
    """Issue a draft: lines are frozen, the next legal number is taken, the ledger is posted."""
    return await service.issuing.issue(caller, invoice_id, if_match)


@router.get("/invoices/{invoice_id}/discounts")
@policy(Permission.BILLING_READ)
async def list_discounts(invoice_id: UUID, caller: Caller, service: Service) -> Discounts:
    """Discounts that were asked for."""
    return await service.deciding.list_discounts(caller, invoice_id)


@router.post(
    "/invoices/{invoice_id}/discounts",
    status_code=201,
    responses=declared(
        errors.InvoiceNotFound, errors.NotDraft, errors.ChargeNotFound, errors.DiscountExists
    ),
)
@policy(Permission.BILLING_CHARGE, cost=5)
async def request_discount(
    invoice_id: UUID, body: DiscountRequest, caller: Caller, service: Service
) -> Discount:
    """Ask for something off a draft or one charge on it, and say why."""
    return await service.deciding.request_discount(caller, invoice_id, body)


@router.post(
    "/discounts/{discount_id}/decide",
    responses=declared(
        errors.DiscountNotFound, errors.AlreadyDecided, errors.OwnRequest, errors.NotDraft
    ),
)
@policy(APPROVE, cost=5)
async def decide_discount(
    discount_id: UUID, body: Decision, caller: Caller, service: Service
) -> Discount:
    """Approve or reject a discount that somebody else asked for."""
    return await service.deciding.decide_discount(caller, discount_id, body)


@router.get("/credit-notes", responses=declared(InvalidCursor))
@policy(Permission.BILLING_READ)
async def list_credit_notes(
    caller: Caller, service: Service, query: Annotated[CreditNoteQuery, Query()]
) -> Page[CreditNoteSummary]:
    """Credit notes, newest first; drafts wait for a decision."""
    return await service.invoice_reading.list_credit_notes(caller, query)


@router.post(
    "/invoices/{invoice_id}/credit-notes",
    status_code=201,
    responses=declared(
        errors.InvoiceNotFound, errors.NotIssued, errors.OverCredit, errors.CreditNotePending
    ),
)
@policy(Permission.BILLING_ISSUE, cost=5)
async def request_credit_note(
    invoice_id: UUID, body: CreditNoteRequest, caller: Caller, service: Service
) -> CreditNote:
    """Ask for a credit note; without lines, for everything that is left: the cancellation."""
    return await service.crediting.request(caller, invoice_id, body)


@router.get("/credit-notes/{note_id}", responses=declared(errors.CreditNoteNotFound))
@policy(*READERS)
async def get_credit_note(note_id: UUID, caller: Caller, service: Service) -> CreditNote:
    """One credit note with its lines."""
    return await service.invoice_reading.get_credit_note(caller, note_id)


@router.post("/credit-notes/{note_id}/issue", responses=declared(*NOT_DECIDABLE))
@policy(APPROVE, cost=5)
async def issue_credit_note(
    note_id: UUID, caller: Caller, service: Service, if_match: IfMatch
) -> CreditNote:
    """Issue a credit note that somebody else, or billing itself, asked for."""
    return await service.crediting.issue(caller, note_id, if_match)


@router.post("/credit-notes/{note_id}/reject", responses=declared(*NOT_DECIDABLE))
@policy(APPROVE, cost=5)
async def reject_credit_note(note_id: UUID, caller: Caller, service: Service) -> CreditNote:
    """Turn a credit note down."""
    return await service.crediting.reject(caller, note_id)
