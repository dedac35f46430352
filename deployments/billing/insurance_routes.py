"""Routes below `/api/v1/billing` about insurers, plans and coverages."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query

from deployments.access import Permission
from deployments.billing import insurance_errors as errors
from deployments.billing.insurance_schemas import (
    CheckRequest,
    Coverage,
    CoverageEnd,
    CoverageRequest,
    Coverages,
    EligibilityCheck,
    Plan,
    PlanChange,
    PlanRequest,
    Plans,
    PolicyYear,
    Provider,
    ProviderRequest,
    Providers,
)
from deployments.billing.insurance_service import InsuranceService
from deployments.billing.sight import READERS
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router

router = gateway_router(tags=["insurance"])
Service = Annotated[InsuranceService, Depends(service_of(InsuranceService, "insurance"))]
MANAGE = Permission.BILLING_MANAGE_PAYERS
CLAIM = Permission.BILLING_CLAIM


@router.post("/payers", status_code=201, responses=declared(errors.InsuranceCodeInUse))
@policy(MANAGE, cost=5)
async def add_payer(body: ProviderRequest, caller: Caller, service: Service) -> Provider:
    """Add an insurer."""
    return await service.insuring.add_provider(caller, body)


@router.get("/payers")
@policy(*READERS)
async def list_payers(caller: Caller, service: Service) -> Providers:
    """All insurers."""
    return await service.insuring.list_providers(caller)


@router.post(
    "/payers/{payer_id}/plans",
    status_code=201,
    responses=declared(errors.PayerNotFound, errors.InsuranceCodeInUse),
)
@policy(MANAGE, cost=5)
async def add_plan(payer_id: UUID, body: PlanRequest, caller: Caller, service: Service) -> Plan:
    """Add a plan of an insurer, with its rules."""
    return await service.insuring.add_plan(caller, payer_id, body)


@router.get("/payers/{payer_id}/plans")
@policy(*READERS)
async def list_plans(payer_id: UUID, caller: Caller, service: Service) -> Plans:
    """Plans of an insurer."""
    return await service.insuring.list_plans(caller, payer_id)


@router.post("/plans/{plan_id}/change", responses=declared(errors.PlanNotFound, errors.PlanChanged))
@policy(MANAGE, cost=5)
async def change_plan(plan_id: UUID, body: PlanChange, caller: Caller, service: Service) -> Plan:
    """Give a plan new rules, for invoices that are issued from now on."""
    return await service.insuring.change_plan(caller, plan_id, body)


@router.post(
    "/coverages",
    status_code=201,
    responses=declared(errors.PlanNotFound, errors.CoverageInvalid, errors.CoverageOverlaps),
)
@policy(CLAIM, cost=5)
async def add_coverage(body: CoverageRequest, caller: Caller, service: Service) -> Coverage:
    """Write down a patient's insurance."""
    return await service.covering.add_coverage(caller, body)


@router.get("/coverages", responses=declared(errors.CoverageNotFound))
@policy(*READERS)
async def list_coverages(
    caller: Caller, service: Service, patient: Annotated[UUID, Query()]
) -> Coverages:
    """A patient's insurances, in the order in which they pay; patients see their own."""
    return await service.covering.list_coverages(caller, patient)


@router.post(
    "/coverages/{coverage_id}/end",
    responses=declared(
        errors.CoverageNotFound, errors.CoverageInvalid, errors.PlanChanged, errors.CoverageOverlaps
    ),
)
@policy(CLAIM, cost=5)
async def end_coverage(
    coverage_id: UUID, body: CoverageEnd, caller: Caller, service: Service
) -> Coverage:
    """Set the last day of an insurance."""
    return await service.covering.end_coverage(caller, coverage_id, body)


@router.get("/coverages/{coverage_id}/years/{year}", responses=declared(errors.CoverageNotFound))
@policy(*READERS)
async def get_policy_year(
    coverage_id: UUID,
    year: Annotated[int, Path(ge=1900, le=2199)],
    caller: Caller,
    service: Service,
) -> PolicyYear:
    """What of deductible, co-payments and ceiling is used up in a year."""
    return await service.covering.get_year(caller, coverage_id, year)


@router.post(
    "/coverages/{coverage_id}/eligibility-checks",
    status_code=202,
    responses=declared(errors.CoverageNotFound),
)
@policy(CLAIM, cost=5)
async def ask_eligibility(
    coverage_id: UUID, body: CheckRequest, caller: Caller, service: Service
) -> EligibilityCheck:
    """Ask the payer whether an insurance is in force; the answer comes later."""
    return await service.covering.ask(caller, coverage_id, body)


@router.get("/eligibility-checks/{check_id}", responses=declared(errors.CheckNotFound))
@policy(*READERS)
async def get_eligibility_check(
    check_id: UUID, caller: Caller, service: Service
) -> EligibilityCheck:
    """What the payer answered."""
    return await service.covering.get_check(caller, check_id)
