"""Routes below `/api/v1/laboratory` about messages of analyzers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors
from deployments.laboratory.message_schemas import (
    AnalyzerMessage,
    AnalyzerMessageText,
    MessageQuery,
)
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["analyzers"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
WORK = Permission.LABORATORY_WORK


@router.get("/analyzer-messages", responses=declared(InvalidCursor))
@policy(WORK)
async def list_analyzer_messages(
    caller: Caller, service: Service, query: Annotated[MessageQuery, Query()]
) -> Page[AnalyzerMessage]:
    """Messages of analyzers, taken or refused, newest first."""
    return await service.messages.list_page(caller, query)


@router.get("/analyzer-messages/{message_id}", responses=declared(errors.MessageNotFound))
@policy(WORK)
async def get_analyzer_message(
    message_id: UUID, caller: Caller, service: Service
) -> AnalyzerMessageText:
    """One message as it came."""
    return await service.messages.get(caller, message_id)


@router.post(
    "/analyzer-messages/{message_id}/again",
    responses=declared(errors.MessageNotFound, errors.MoveNotAllowed),
)
@policy(WORK, cost=5)
async def read_message_again(message_id: UUID, caller: Caller, service: Service) -> AnalyzerMessage:
    """Have a message that waits worked on again, after what stopped it was mended."""
    return await service.messages.read_again(caller, message_id)
