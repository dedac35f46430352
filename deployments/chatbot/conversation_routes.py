"""Routes below `/api/v1/chatbot` about conversations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from deployments.access import Permission
from deployments.chatbot import errors
from deployments.chatbot.conversing import TALKERS
from deployments.chatbot.schemas import (
    Closing,
    Conversation,
    ConversationQuery,
    ConversationSummary,
    Message,
    NewConversation,
    ReadPointer,
    Utterance,
)
from deployments.chatbot.service import ChatbotService
from deployments.gateway.dependencies import Caller, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["chatbot conversations"])
Service = Annotated[ChatbotService, Depends(service_of(ChatbotService))]
NOT_READ = (errors.ConversationNotFound, errors.CannotCheck)
NOT_MOVED = (*NOT_READ, errors.ConversationClosed, errors.NotYours)


@router.post(
    "/conversations",
    status_code=201,
    responses=declared(errors.PatientNotFound, errors.CannotCheck),
)
@policy(*TALKERS, cost=5)
async def begin_conversation(
    body: NewConversation, caller: Caller, service: Service
) -> Conversation:
    """Begin a conversation with the assistant, or wait for a clinician."""
    return await service.conversing.begin(caller, body)


@router.get(
    "/conversations", responses=declared(errors.PatientNotFound, errors.CannotCheck, InvalidCursor)
)
@policy(*TALKERS)
async def list_conversations(
    caller: Caller, service: Service, query: Annotated[ConversationQuery, Query()]
) -> Page[ConversationSummary]:
    """Your conversations; those of a patient whom you treat."""
    return await service.conversing.list_page(caller, query)


@router.get("/queue", responses=declared(InvalidCursor))
@policy(Permission.CHATBOT_CARE)
async def list_queue(
    caller: Caller, service: Service, page: PageQuery
) -> Page[ConversationSummary]:
    """Patients who wait for a clinician, the most urgent first."""
    return await service.handing_over.queue(caller, page)


@router.get("/conversations/{conversation_id}", responses=declared(*NOT_READ))
@policy(*TALKERS)
async def get_conversation(conversation_id: UUID, caller: Caller, service: Service) -> Conversation:
    """Who takes part, and who answers now."""
    return await service.conversing.get(caller, conversation_id)


@router.get(
    "/conversations/{conversation_id}/messages", responses=declared(*NOT_READ, InvalidCursor)
)
@policy(*TALKERS)
async def list_messages(
    conversation_id: UUID, caller: Caller, service: Service, page: PageQuery
) -> Page[Message]:
    """What was said, the newest first."""
    return await service.conversing.read(caller, conversation_id, page)


@router.post(
    "/conversations/{conversation_id}/messages", status_code=201, responses=declared(*NOT_MOVED)
)
@policy(*TALKERS, cost=5)
async def say(conversation_id: UUID, body: Utterance, caller: Caller, service: Service) -> Message:
    """Write a message."""
    return await service.conversing.say(caller, conversation_id, body)


@router.post(
    "/conversations/{conversation_id}/read", status_code=204, responses=declared(*NOT_READ)
)
@policy(*TALKERS, idempotent=False)
async def mark_read(
    conversation_id: UUID, body: ReadPointer, caller: Caller, service: Service
) -> None:
    """Say up to where you have read."""
    await service.conversing.mark_read(caller, conversation_id, body)


@router.post("/conversations/{conversation_id}/ask", responses=declared(*NOT_MOVED[:3]))
@policy(Permission.CHATBOT_TALK, cost=5)
async def ask_for_clinician(
    conversation_id: UUID, caller: Caller, service: Service
) -> Conversation:
    """Ask for a clinician."""
    return await service.handing_over.ask(caller, conversation_id)


@router.post("/conversations/{conversation_id}/take", responses=declared(*NOT_MOVED))
@policy(Permission.CHATBOT_CARE, cost=5)
async def take_conversation(
    conversation_id: UUID, caller: Caller, service: Service
) -> Conversation:
    """Take over; the assistant is silent from then on."""
    return await service.handing_over.take(caller, conversation_id)


@router.post("/conversations/{conversation_id}/give-back", responses=declared(*NOT_MOVED))
@policy(Permission.CHATBOT_CARE, cost=5)
async def give_conversation_back(
    conversation_id: UUID,
    caller: Caller,
    service: Service,
    to_pool: Annotated[bool, Query(description="for a colleague instead of the assistant")] = False,
) -> Conversation:
    """Give it back to the assistant, or to whoever takes it next."""
    return await service.handing_over.give_back(caller, conversation_id, to_pool=to_pool)


@router.post("/conversations/{conversation_id}/close", responses=declared(*NOT_MOVED))
@policy(*TALKERS, cost=5)
async def close_conversation(
    conversation_id: UUID, body: Closing, caller: Caller, service: Service
) -> Conversation:
    """End it."""
    return await service.conversing.close(caller, conversation_id, body)
