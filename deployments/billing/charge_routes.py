"""Routes below `/api/v1/billing` about charges and what patients are exempted from."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.billing import errors
from deployments.billing.charge_schemas import (
    Charge,
    ChargeQuery,
    ChargeRequest,
    Decision,
    Exemption,
    ExemptionRequest,
    Exemptions,
    Reason,
)
from deployments.billing.service import BillingService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["charges"])
Service = Annotated[BillingService, Depends(service_of(BillingService))]
CHARGE = Permission.BILLING_CHARGE


@router.post("/charges", status_code=201)
@policy(CHARGE, cost=5)
async def add_charge(body: ChargeRequest, caller: Caller, service: Service) -> Charge:
    """Charge by hand for what no other service tells: procedures, days on a ward."""
    return await service.charges.add(caller, body)


@router.post(
    "/charges/{charge_id}/abort", responses=declared(errors.ChargeNotFound, errors.NotDraft)
)
@policy(CHARGE, cost=5)
async def abort_charge(charge_id: UUID, body: Reason, caller: Caller, service: Service) -> Charge:
    """Do not charge for something after all."""
    return await service.charges.abort(caller, charge_id, body)


@router.get(
    "/patients/{patient_id}/charges", responses=declared(errors.PatientNotFound, InvalidCursor)
)
@policy(*READERS)
async def list_charges(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[ChargeQuery, Query()]
) -> Page[Charge]:
    """Charges of a patient, newest first."""
    return await service.charges.list_page(caller, patient_id, query)


@router.get("/patients/{patient_id}/exemptions", responses=declared(errors.PatientNotFound))
@policy(*READERS)
async def list_exemptions(patient_id: UUID, caller: Caller, service: Service) -> Exemptions:
    """Categories of a patient that pay less."""
    return await service.deciding.list_exemptions(caller, patient_id)


@router.post("/patients/{patient_id}/exemptions", status_code=201)
@policy(CHARGE, cost=5)
async def request_exemption(
    patient_id: UUID, body: ExemptionRequest, caller: Caller, service: Service
) -> Exemption:
    """Say that a patient is in a category that pays less, and what document shows it."""
    return await service.deciding.request_exemption(caller, patient_id, body)


@router.post(
    "/exemptions/{exemption_id}/decide",
    responses=declared(errors.ExemptionNotFound, errors.AlreadyDecided, errors.OwnRequest),
)
@policy(Permission.BILLING_APPROVE, cost=5)
async def decide_exemption(
    exemption_id: UUID, body: Decision, caller: Caller, service: Service
) -> Exemption:
    """Approve or reject what somebody else asked for."""
    return await service.deciding.decide_exemption(caller, exemption_id, body)
