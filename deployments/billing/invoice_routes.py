"""Routes below `/api/v1/billing` about invoices."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from deployments.billing import errors
from deployments.billing.schemas import Invoice
from deployments.billing.service import BillingService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router

router = gateway_router(tags=["invoices"])
Service = Annotated[BillingService, Depends(service_of(BillingService))]


@router.get("/invoices/{invoice_id}", responses=declared(errors.InvoiceNotFound))
@policy(*READERS)
async def get_invoice(invoice_id: UUID, caller: Caller, service: Service) -> Invoice:
    """One invoice with its lines; a patient sees their own."""
    return await service.invoice_reading.get(caller, invoice_id)
