"""Routes below `/api/v1/billing` about accounts: papers, statements, reports, write-offs."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from deployments.access import Permission
from deployments.billing import errors
from deployments.billing.charge_schemas import Reason
from deployments.billing.report_files import as_csv
from deployments.billing.report_schemas import (
    AgedReceivable,
    AgedReceivables,
    ClaimState,
    ClaimStates,
    DayBookLine,
    DayBookQuery,
    Period,
    Revenue,
    RevenueLine,
)
from deployments.billing.schemas import Invoice
from deployments.billing.service import BillingService
from deployments.billing.sight import READERS
from deployments.billing.statement_schemas import Statement, StatementQuery
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Locale, Schema

router = gateway_router(tags=["accounts"])
Service = Annotated[BillingService, Depends(service_of(BillingService))]
REPORT = Permission.BILLING_REPORT
PDF = "application/pdf"
Language = Annotated[Locale, Query()]


@router.get(
    "/invoices/{invoice_id}/document",
    responses=declared(errors.InvoiceNotFound),
    response_class=Response,
)
@policy(*READERS)
async def get_invoice_document(
    invoice_id: UUID, caller: Caller, service: Service, locale: Language = "vi"
) -> Response:
    """An issued invoice on paper (PDF), in English or Vietnamese."""
    return Response(
        await service.stating.invoice_document(caller, invoice_id, locale), media_type=PDF
    )


@router.get(
    "/credit-notes/{note_id}/document",
    responses=declared(errors.CreditNoteNotFound),
    response_class=Response,
)
@policy(*READERS)
async def get_credit_note_document(
    note_id: UUID, caller: Caller, service: Service, locale: Language = "vi"
) -> Response:
    """An issued credit note on paper (PDF), in English or Vietnamese."""
    return Response(
        await service.stating.credit_note_document(caller, note_id, locale), media_type=PDF
    )


@router.get("/patients/{patient_id}/statement", responses=declared(errors.PatientNotFound))
@policy(*READERS)
async def get_statement(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[StatementQuery, Query()]
) -> Statement:
    """A patient's account over some days: what was owed, what changed it, what is left."""
    return await service.stating.statement(caller, patient_id, query)


@router.get(
    "/patients/{patient_id}/statement/document/{locale}",
    responses=declared(errors.PatientNotFound),
    response_class=Response,
)
@policy(*READERS)
async def get_statement_document(
    patient_id: UUID,
    locale: Locale,
    caller: Caller,
    service: Service,
    query: Annotated[StatementQuery, Query()],
) -> Response:
    """The statement on paper (PDF), in English or Vietnamese."""
    found = await service.stating.statement_document(caller, patient_id, query, locale)
    return Response(found, media_type=PDF)


@router.post(
    "/invoices/{invoice_id}/write-off",
    responses=declared(errors.InvoiceNotFound, errors.NotIssued),
)
@policy(Permission.BILLING_APPROVE, cost=5)
async def write_off(invoice_id: UUID, body: Reason, caller: Caller, service: Service) -> Invoice:
    """Give up on what a patient still owes of an invoice."""
    return await service.overdue.write_off(caller, invoice_id, body)


@router.get("/reports/day-book", responses=declared(InvalidCursor))
@policy(REPORT)
async def get_day_book(
    caller: Caller, service: Service, query: Annotated[DayBookQuery, Query()]
) -> Page[DayBookLine]:
    """Every line of the ledger in the order of time."""
    return await service.reporting.day_book(caller, query)


@router.get(
    "/reports/day-book.csv",
    responses=declared(errors.TooManyLines),
    response_class=Response,
)
@policy(REPORT, cost=20)
async def get_day_book_file(
    caller: Caller, service: Service, period: Annotated[Period, Query()]
) -> Response:
    """The day book as a file."""
    lines = await service.reporting.whole_day_book(caller, period)
    return _file(DayBookLine, lines, "debit", "credit")


@router.get("/reports/aged-receivables")
@policy(REPORT)
async def get_aged_receivables(caller: Caller, service: Service) -> AgedReceivables:
    """What patients and payers owe today, by how long it is overdue."""
    return await service.reporting.aged_receivables(caller)


@router.get("/reports/aged-receivables.csv", response_class=Response)
@policy(REPORT)
async def get_aged_receivables_file(caller: Caller, service: Service) -> Response:
    """What patients and payers owe today, as a file."""
    found = await service.reporting.aged_receivables(caller)
    amounts = [name for name in AgedReceivable.model_fields if name not in NO_AMOUNTS]
    return _file(AgedReceivable, found.items, *amounts)


@router.get("/reports/revenue")
@policy(REPORT)
async def get_revenue(
    caller: Caller, service: Service, period: Annotated[Period, Query()]
) -> Revenue:
    """What was earned without tax, by area and code."""
    return await service.reporting.revenue(caller, period)


@router.get("/reports/revenue.csv", response_class=Response)
@policy(REPORT)
async def get_revenue_file(
    caller: Caller, service: Service, period: Annotated[Period, Query()]
) -> Response:
    """What was earned, as a file."""
    found = await service.reporting.revenue(caller, period)
    return _file(RevenueLine, found.items, "invoiced", "credited", "net")


@router.get("/reports/claims")
@policy(REPORT)
async def get_claims_by_state(caller: Caller, service: Service) -> ClaimStates:
    """How many claims each payer has in each status, and what they claim."""
    return await service.reporting.claims_by_state(caller)


@router.get("/reports/claims.csv", response_class=Response)
@policy(REPORT)
async def get_claims_file(caller: Caller, service: Service) -> Response:
    """Claims by payer and status, as a file."""
    found = await service.reporting.claims_by_state(caller)
    return _file(ClaimState, found.items, "charged", "paid")


NO_AMOUNTS = ("party", "currency", "invoices")


def _file(kind: type[Schema], rows: Sequence[Schema], *amounts: str) -> Response:
    return Response(as_csv(kind, rows, amounts), media_type="text/csv; charset=utf-8")
