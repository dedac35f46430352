"""Conversations as those have them who talk: begin, say, read, end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.chatbot import mapping
from deployments.chatbot.desk import Desk
from deployments.chatbot.emergencies import answer_red_flags
from deployments.chatbot.errors import ConversationClosed, NotYours
from deployments.chatbot.events import ClinicianAnswered, PatientWrote
from deployments.chatbot.recording import ASKED, want_clinician, write_audit
from deployments.chatbot.red_flags import find_red_flags
from deployments.chatbot.saying import Said, write_message
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
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from deployments.publishing import publish
from storage.chatbot import conversations
from storage.chatbot.conversations import Filter
from storage.chatbot.log import Step
from storage.columns import new_id

TALKERS = (Permission.CHATBOT_TALK, Permission.CHATBOT_CARE)


class Conversing:
    """What patients and clinicians do in conversations.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def begin(self, principal: Principal, request: NewConversation) -> Conversation:
        """Begins a conversation: a patient's own, or a clinician's with a patient they treat.

        Raises:
            PatientNotFound: none whom the caller treats.
            CannotCheck: medical records does not answer; nothing is written.
        """
        principal.require(*TALKERS)
        patient_id = request.patient_id or principal.user_id
        own = patient_id == principal.user_id and principal.has(Permission.CHATBOT_TALK)
        if not own:
            await self._desk.sight.check_patient(principal, patient_id)

        def work(connection: Connection) -> Conversation:
            at = self._desk.clock()
            owner = None if own else principal.user_id
            row = conversations.add(connection, _begun(request, patient_id, owner, at))
            conversations.join(connection, row.id, patient_id, "patient", at)
            if owner is not None:
                conversations.join(connection, row.id, owner, "clinician", at)
            if row.owner == "pool":
                want_clinician(connection, row, ASKED, at)
            write_audit(connection, principal, "begin", row.id, at, patient_id)
            return mapping.conversation(row, conversations.participants(connection, row.id))

        return await self._desk.database.transact(work)

    async def get(self, principal: Principal, conversation_id: UUID) -> Conversation:
        """One conversation, without what was said in it.

        Raises:
            ConversationNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        await self._desk.sight.find(principal, conversation_id)

        def work(connection: Connection) -> Conversation:
            row = conversations.find(connection, conversation_id)
            assert row is not None  # noqa: S101  # conversations are never deleted
            write_audit(connection, principal, "read", row.id, self._desk.clock(), row.patient_id)
            return mapping.conversation(row, conversations.participants(connection, row.id))

        return await self._desk.database.transact(work, keyed=False)

    async def list_page(
        self, principal: Principal, query: ConversationQuery
    ) -> Page[ConversationSummary]:
        """Those that the caller takes part in, or those of a patient, newest first.

        Raises:
            PatientNotFound: none whom the caller treats.
            InvalidCursor: of another list.
        """
        principal.require(*TALKERS)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        if query.patient_id is not None:
            await self._desk.sight.check_patient(principal, query.patient_id)
        user_id = principal.user_id if query.patient_id is None else None
        wanted = Filter(query.patient_id, user_id, query.status, before)

        def work(connection: Connection) -> Page[ConversationSummary]:
            rows = conversations.list_page(connection, wanted, query.limit + 1)
            page = page_of(rows, query.limit, lambda row: (row.id,))
            at = self._desk.clock()
            write_audit(connection, principal, "list", None, at, query.patient_id)
            items = [mapping.summary(row) for row in page.items]
            return Page[ConversationSummary](items=items, next_cursor=page.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def say(
        self, principal: Principal, conversation_id: UUID, utterance: Utterance
    ) -> Message:
        """Writes a message: the patient at any time, a clinician while the conversation is theirs.

        A red flag in what a patient writes calls a clinician and is answered with advice at once;
        it opens a conversation that has ended.

        Raises:
            ConversationNotFound: none that the caller may know of.
            ConversationClosed: it has ended.
            NotYours: a clinician writes while somebody else answers: take it first.
        """
        seen = await self._desk.sight.find(principal, conversation_id)
        author = "patient" if principal.user_id == seen.patient_id else "clinician"
        flags = find_red_flags(utterance.text) if author == "patient" else []

        def work(connection: Connection) -> Message:
            at = self._desk.clock()
            if flags:
                content = {"by": str(principal.user_id), "reason": flags[0]}
                conversations.reopen(connection, conversation_id, Step("reopened", content), at)
            said = Said(author, principal.user_id, utterance.text, utterance.reply_to)
            now, message = write_message(connection, conversation_id, said, at)
            if author == "clinician" and now.owner_id != principal.user_id:
                raise NotYours(f"take it first: {now.owner} answers")
            if author == "clinician":
                until = at + self._desk.settings.clinician_lease
                conversations.extend(connection, conversation_id, until)
            _tell(connection, now, author, message.number)
            if flags:
                number = self._desk.settings.emergency_number
                answer_red_flags(connection, now, flags, at, reply_to=message.id, number=number)
            write_audit(connection, principal, "say", conversation_id, at, now.patient_id)
            return message

        return await self._desk.database.transact(work)

    async def read(
        self, principal: Principal, conversation_id: UUID, page: PageRequest
    ) -> Page[Message]:
        """What was said, the newest first.

        Raises:
            ConversationNotFound: none that the caller may know of.
            InvalidCursor: of another list.
        """
        seen = await self._desk.sight.find(principal, conversation_id)
        before = decode_cursor(page.cursor, int)[0] if page.cursor else None

        def work(connection: Connection) -> Page[Message]:
            rows = conversations.messages(connection, conversation_id, before, page.limit + 1)
            found = page_of(rows, page.limit, lambda row: (row.number,))
            at = self._desk.clock()
            write_audit(connection, principal, "read", conversation_id, at, seen.patient_id)
            items = [mapping.message(row) for row in found.items]
            return Page[Message](items=items, next_cursor=found.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    async def mark_read(
        self, principal: Principal, conversation_id: UUID, pointer: ReadPointer
    ) -> None:
        """Moves the caller's pointer on; those who only look have none.

        Raises:
            ConversationNotFound: none that the caller may know of.
        """
        await self._desk.sight.find(principal, conversation_id)
        await self._desk.database.transact(
            lambda connection: conversations.read_to(
                connection, conversation_id, principal.user_id, pointer.number
            ),
            keyed=False,
        )

    async def close(
        self, principal: Principal, conversation_id: UUID, request: Closing
    ) -> Conversation:
        """Ends a conversation: its patient, or the clinician whose it is.

        Raises:
            ConversationNotFound: none that the caller may know of.
            ConversationClosed: it had ended.
            NotYours: somebody else answers.
        """
        await self._desk.sight.find(principal, conversation_id)

        def work(connection: Connection) -> Conversation:
            at = self._desk.clock()
            content = {"by": str(principal.user_id), "reason": request.reason}
            row = conversations.close(connection, conversation_id, Step("closed", content), at)
            if row is None:
                raise ConversationClosed
            if principal.user_id not in (row.patient_id, row.owner_id):
                raise NotYours(f"{row.owner} answers")
            write_audit(connection, principal, "close", row.id, at, row.patient_id)
            return mapping.conversation(row, conversations.participants(connection, row.id))

        return await self._desk.database.transact(work)


def _begun(
    request: NewConversation, patient_id: UUID, owner: UUID | None, at: datetime
) -> dict[str, Any]:
    pooled = owner is None and request.with_ == "clinician"
    return {
        "id": new_id(),
        "patient_id": patient_id,
        "subject": request.subject,
        "locale": request.locale,
        "status": "open",
        "owner": "clinician" if owner else "pool" if pooled else "assistant",
        "owner_id": owner,
        "fence": 1,
        "urgency": "routine",
        "reason": ASKED if pooled else None,
        "waiting_since": at if pooled else None,
        "last_number": 0,
        "created_at": at,
        "changed_at": at,
    }


def _tell(connection: Connection, now: Row[Any], author: str, number: int) -> None:
    known = {"conversation_id": now.id, "patient_id": now.patient_id, "number": number}
    if author == "clinician":
        publish(connection, ClinicianAnswered(**known, clinician_id=now.owner_id))
    elif now.owner == "clinician":
        publish(connection, PatientWrote(**known, clinician_id=now.owner_id))
