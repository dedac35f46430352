"""Routes below `/api/v1/billing` about claims and the payments of payers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.billing import insurance_errors as errors
from deployments.billing.claim_schemas import (
    Appeal,
    Claim,
    ClaimQuery,
    ClaimRequest,
    ClaimSummary,
    ClaimValidation,
    Correction,
    PreauthorizationRequest,
    RefusedRemittances,
    Remittance,
    RemittanceQuery,
    RemittanceRequest,
    RemittanceSummary,
)
from deployments.billing.errors import InvoiceNotFound, NotIssued
from deployments.billing.insurance_service import InsuranceService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["claims"])
Service = Annotated[InsuranceService, Depends(service_of(InsuranceService, "insurance"))]
CLAIM = Permission.BILLING_CLAIM
READ = Permission.BILLING_READ
MOVED = declared(errors.ClaimNotFound, errors.ClaimMoveNotAllowed)
AGAIN = declared(
    errors.ClaimNotFound, errors.ClaimMoveNotAllowed, errors.ClaimPaid, errors.ClaimExists
)


@router.post(
    "/claims",
    status_code=201,
    responses=declared(InvoiceNotFound, NotIssued, errors.CoverageNotFound, errors.ClaimExists),
)
@policy(CLAIM, cost=5)
async def create_claim(body: ClaimRequest, caller: Caller, service: Service) -> Claim:
    """Make a claim from an issued invoice."""
    return await service.making.create(caller, body)


@router.post("/preauthorizations", status_code=201, responses=declared(errors.CoverageNotFound))
@policy(CLAIM, cost=5)
async def ask_consent(body: PreauthorizationRequest, caller: Caller, service: Service) -> Claim:
    """Make a question to the payer before something is done."""
    return await service.making.ask_first(caller, body)


@router.get("/claims", responses=declared(errors.ClaimNotFound, InvalidCursor))
@policy(*READERS)
async def list_claims(
    caller: Caller, service: Service, query: Annotated[ClaimQuery, Query()]
) -> Page[ClaimSummary]:
    """Claims, newest first; patients see their own."""
    return await service.reading.search(caller, query)


@router.get("/claims/{claim_id}", responses=declared(errors.ClaimNotFound))
@policy(*READERS)
async def get_claim(claim_id: UUID, caller: Caller, service: Service) -> Claim:
    """One claim, line by line: what the payer paid, what the patient owes, and why."""
    return await service.reading.get(caller, claim_id)


@router.post("/claims/{claim_id}/validate", responses=declared(errors.ClaimNotFound))
@policy(CLAIM)
async def validate_claim(claim_id: UUID, caller: Caller, service: Service) -> ClaimValidation:
    """What the payer would reject a claim for."""
    return await service.claiming.validate(caller, claim_id)


@router.post(
    "/claims/{claim_id}/submit",
    responses=declared(errors.ClaimNotFound, errors.ClaimMoveNotAllowed, errors.ClaimInvalid),
)
@policy(CLAIM, cost=5)
async def submit_claim(claim_id: UUID, caller: Caller, service: Service) -> Claim:
    """Put a claim into the queue to the payer."""
    return await service.claiming.submit(caller, claim_id)


@router.post("/claims/{claim_id}/cancel", responses=MOVED)
@policy(CLAIM, cost=5)
async def cancel_claim(claim_id: UUID, caller: Caller, service: Service) -> Claim:
    """Give up a claim that no payer has."""
    return await service.claiming.cancel(caller, claim_id)


@router.post("/claims/{claim_id}/appeal", responses=MOVED)
@policy(CLAIM, cost=5)
async def appeal_claim(claim_id: UUID, body: Appeal, caller: Caller, service: Service) -> Claim:
    """Ask the payer to decide again what it refused."""
    return await service.claiming.appeal(caller, claim_id, body)


@router.post("/claims/{claim_id}/close", responses=MOVED)
@policy(CLAIM, cost=5)
async def close_claim(claim_id: UUID, caller: Caller, service: Service) -> Claim:
    """Accept the payer's answer; what it refused is written off."""
    return await service.closing.close(caller, claim_id)


@router.post("/claims/{claim_id}/void", status_code=201, responses=AGAIN)
@policy(CLAIM, cost=5)
async def void_claim(claim_id: UUID, caller: Caller, service: Service) -> Claim:
    """Make the claim that takes another one back at the payer; it is submitted like any other."""
    return await service.making.void(caller, claim_id)


@router.post("/claims/{claim_id}/replace", status_code=201, responses=AGAIN)
@policy(CLAIM, cost=5)
async def replace_claim(
    claim_id: UUID, body: Correction, caller: Caller, service: Service
) -> Claim:
    """Make the claim that takes another one's place at the payer."""
    return await service.making.replace(caller, claim_id, body)


@router.post(
    "/remittances",
    status_code=201,
    responses=declared(
        errors.RemittanceUnreadable,
        errors.RemittanceUnbalanced,
        errors.RemittanceUnmatched,
        errors.RemittancePosted,
    ),
)
@policy(CLAIM, cost=20)
async def post_remittance(body: RemittanceRequest, caller: Caller, service: Service) -> Remittance:
    """Post an 835 by hand: all of it or nothing, and each payment once."""
    return await service.remitting.post(caller, body)


@router.get("/remittances", responses=declared(InvalidCursor))
@policy(READ)
async def list_remittances(
    caller: Caller, service: Service, query: Annotated[RemittanceQuery, Query()]
) -> Page[RemittanceSummary]:
    """Payments of payers, newest first."""
    return await service.reading.search_remittances(caller, query)


@router.get("/remittances/refused")
@policy(CLAIM)
async def list_refused_remittances(caller: Caller, service: Service) -> RefusedRemittances:
    """835s that were collected and could not be posted."""
    return await service.reading.refused(caller)


@router.get("/remittances/{remittance_id}", responses=declared(errors.RemittanceNotFound))
@policy(READ)
async def get_remittance(remittance_id: UUID, caller: Caller, service: Service) -> Remittance:
    """One payment of a payer, and the claims that it was for."""
    return await service.reading.get_remittance(caller, remittance_id)
