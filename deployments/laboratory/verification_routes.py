"""Routes below `/api/v1/laboratory` about automatic verification."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.order_schemas import TestCode
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.verification_schemas import (
    Assessments,
    ModeRequest,
    Replay,
    ReplayRequest,
    VerificationMode,
    VerificationModes,
)

router = gateway_router(tags=["automatic verification"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
MANAGE = Permission.LABORATORY_MANAGE


@router.get("/verification-modes")
@policy(Permission.LABORATORY_READ_ANY, MANAGE)
async def list_verification_modes(caller: Caller, service: Service) -> VerificationModes:
    """How far the rules may go, test by test."""
    return await service.verification.list_modes(caller)


@router.put("/verification-modes/{code}", responses=declared(errors.TestTypeNotFound))
@policy(MANAGE, cost=5)
async def set_verification_mode(
    code: TestCode, body: ModeRequest, caller: Caller, service: Service
) -> VerificationMode:
    """Choose how far the rules may go for a test: off, shadow, live."""
    return await service.verification.set_mode(caller, code, body)


@router.get("/results/{result_id}/verdicts", responses=declared(errors.ResultNotFound))
@policy(Permission.LABORATORY_READ_ANY)
async def list_verdicts(result_id: UUID, caller: Caller, service: Service) -> Assessments:
    """What each rule said of a version of a result."""
    return await service.verification.list_verdicts(caller, result_id)


@router.post("/verification-replays", responses=declared(errors.TestTypeNotFound))
@policy(MANAGE, Permission.LABORATORY_VERIFY, cost=50, idempotent=False)
async def replay_verification(body: ReplayRequest, caller: Caller, service: Service) -> Replay:
    """Try the rules on what people decided; nothing is changed."""
    return await service.verification.replay(caller, body)
