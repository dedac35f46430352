"""Who answers: the assistant, whoever takes it from the pool, or a clinician.

One writer at a time: each change of owner raises the fence of the conversation, and what was
begun under an older fence is discarded by `storage.chatbot.log.append`.
"""

import asyncio
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.chatbot import mapping
from deployments.chatbot.desk import Desk
from deployments.chatbot.errors import ConversationClosed, ConversationNotFound, NotYours
from deployments.chatbot.ownership import MOVES, after_lease
from deployments.chatbot.recording import ASKED, want_clinician, write_audit
from deployments.chatbot.schemas import Conversation, ConversationSummary
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage.chatbot import conversations
from storage.chatbot.conversations import Owner
from storage.chatbot.log import Step

BATCH: Final = 50
SOFTWARE: Final = Principal.for_service("chatbot")


class HandingOver:
    """Changes of owner, and the queue of those who wait.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, principal: Principal, conversation_id: UUID) -> Conversation:
        """The patient asks for a clinician; asking again changes nothing.

        Raises:
            ConversationNotFound: none of the caller's.
            ConversationClosed: it has ended.
        """
        principal.require(Permission.CHATBOT_TALK)
        seen = await self._desk.sight.find(principal, conversation_id)
        if seen.patient_id != principal.user_id:
            await self._desk.sight.deny(principal, seen.patient_id)
            raise ConversationNotFound

        def work(connection: Connection) -> Conversation:
            at = self._desk.clock()
            row = _move(connection, principal, conversation_id, "ask", at)
            if row is not None:
                want_clinician(connection, row, ASKED, at)
            elif (row := conversations.find(connection, conversation_id)) is None or (
                row.status == "closed"
            ):
                raise ConversationClosed
            write_audit(connection, principal, "ask", conversation_id, at, seen.patient_id)
            return self._shown(connection, row)

        return await self._desk.database.transact(work)

    async def take(self, principal: Principal, conversation_id: UUID) -> Conversation:
        """A clinician takes over; the assistant is silent from this moment on.

        From the pool anybody may take who has the permission: its patient asked for somebody, or
        a red flag did. From the assistant only who treats the patient.

        Raises:
            ConversationNotFound: neither waiting in the pool nor of a patient whom they treat.
            NotYours: another clinician was faster.
            ConversationClosed: it has ended.
        """
        principal.require(Permission.CHATBOT_CARE)
        found = await self._desk.database.read(lambda c: conversations.find(c, conversation_id))
        if found is None or found.owner != "pool":
            found = await self._desk.sight.find(principal, conversation_id)
        patient_id = found.patient_id

        def work(connection: Connection) -> Conversation:
            at = self._desk.clock()
            owner = Owner("clinician", principal.user_id, at + self._desk.settings.clinician_lease)
            row = _move(
                connection, principal, conversation_id, "take", at, owner, fence=found.fence
            )
            if row is None:
                self._refuse(connection, conversation_id)
            conversations.join(connection, conversation_id, principal.user_id, "clinician", at)
            write_audit(connection, principal, "take", conversation_id, at, patient_id)
            return self._shown(connection, row)

        return await self._desk.database.transact(work)

    async def give_back(
        self, principal: Principal, conversation_id: UUID, *, to_pool: bool
    ) -> Conversation:
        """The clinician gives it back to the assistant, or to the pool for a colleague.

        Raises:
            ConversationNotFound: none that the caller may know of.
            NotYours: it is not the caller's.
            ConversationClosed: it has ended.
        """
        principal.require(Permission.CHATBOT_CARE)
        seen = await self._desk.sight.find(principal, conversation_id)
        if seen.owner_id != principal.user_id:
            raise NotYours(f"{seen.owner} answers")
        name = "return" if to_pool else "give_back"

        def work(connection: Connection) -> Conversation:
            at = self._desk.clock()
            row = _move(connection, principal, conversation_id, name, at, fence=seen.fence)
            if row is None:
                self._refuse(connection, conversation_id)
            if to_pool:
                want_clinician(connection, row, row.reason or ASKED, at)
            write_audit(connection, principal, name, conversation_id, at, row.patient_id)
            return self._shown(connection, row)

        return await self._desk.database.transact(work)

    async def take_back(self) -> int:
        """Gives on what clinicians have left lying, see `after_lease`; returns how many."""

        def work(connection: Connection) -> int:
            at = self._desk.clock()
            rows = conversations.lapsed(connection, at, BATCH)
            for left in rows:
                name = after_lease(left.last_author)
                row = _move(connection, SOFTWARE, left.id, name, at, fence=left.fence)
                if row is not None and row.owner == "pool":
                    want_clinician(connection, row, row.reason or ASKED, at)
                write_audit(connection, SOFTWARE, "lease_end", left.id, at, left.patient_id)
            return len(rows)

        return await self._desk.database.transact(work, keyed=False)

    async def keep_leases(self) -> None:
        """Looks for ended leases until cancelled."""
        while True:
            while await self.take_back() == BATCH:
                pass
            await asyncio.sleep(self._desk.settings.look_s)

    async def queue(self, principal: Principal, page: PageRequest) -> Page[ConversationSummary]:
        """What waits for a clinician: the most urgent first, of those the longest waiting.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.CHATBOT_CARE)
        after = None
        if page.cursor:
            rank, since, conversation_id = decode_cursor(
                page.cursor, int, datetime.fromisoformat, UUID
            )
            after = (rank, since, conversation_id)

        def work(connection: Connection) -> Page[ConversationSummary]:
            rows = conversations.waiting(connection, after, page.limit + 1)
            found = page_of(
                rows, page.limit, lambda row: (row.rank, row.waiting_since.isoformat(), row.id)
            )
            write_audit(connection, principal, "queue", None, self._desk.clock(), None)
            items = [mapping.summary(row) for row in found.items]
            return Page[ConversationSummary](items=items, next_cursor=found.next_cursor)

        return await self._desk.database.transact(work, keyed=False)

    @staticmethod
    def _refuse(connection: Connection, conversation_id: UUID) -> NoReturn:
        now = conversations.find(connection, conversation_id)
        if now is None or now.status == "closed":
            raise ConversationClosed
        raise NotYours(f"{now.owner} answers")

    @staticmethod
    def _shown(connection: Connection, row: Row[Any]) -> Conversation:
        return mapping.conversation(row, conversations.participants(connection, row.id))


def _move(
    connection: Connection,
    principal: Principal,
    conversation_id: UUID,
    name: str,
    at: datetime,
    owner: Owner | None = None,
    *,
    fence: int | None = None,
) -> Row[Any] | None:
    """Makes a move of `MOVES`; None when somebody else was faster."""
    move = MOVES[name]
    owner = owner or Owner(move.target)
    who = str(owner.owner_id) if owner.owner_id else None
    content = {"owner": owner.kind, "owner_id": who, "by": str(principal.user_id)}
    return conversations.hand_over(
        connection,
        conversation_id,
        owner,
        Step("owner_changed", content),
        at,
        allowed_from=move.sources,
        fence=fence,
        reason=ASKED if name == "ask" else None,
        urgency="routine" if name == "give_back" else None,
    )
