"""Messages of analyzers, for those who look after them."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import MessageNotFound, MoveNotAllowed
from deployments.laboratory.message_schemas import (
    AnalyzerMessage,
    AnalyzerMessageText,
    MessageQuery,
)
from deployments.laboratory.recording import write_audit
from deployments.pagination import Page, decode_cursor, page_of
from storage.laboratory import jobs, messages

OBJECT: Final = "Communication"


class MessageDesk:
    """Reads messages, and has them read again.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_page(self, principal: Principal, query: MessageQuery) -> Page[AnalyzerMessage]:
        """Messages, newest first.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(Permission.LABORATORY_WORK)
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        rows = await self._desk.database.read(
            lambda c: messages.list_page(c, query.status, before, query.limit + 1)
        )
        page = page_of(rows, query.limit, lambda row: (row.id,))
        items = [AnalyzerMessage(**_plain(row)) for row in page.items]
        return Page[AnalyzerMessage](items=items, next_cursor=page.next_cursor)

    async def read_again(self, principal: Principal, message_id: UUID) -> AnalyzerMessage:
        """Puts a message that waits into the queue again: its job may have failed for good.

        What is stored already is not stored twice.

        Raises:
            MessageNotFound: no such message.
            MoveNotAllowed: it does not wait.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection) -> AnalyzerMessage:
            row = messages.find(connection, message_id)
            if row is None:
                raise MessageNotFound
            if row.status != "waiting":
                raise MoveNotAllowed(f"the message is {row.status}")
            now = self._desk.clock()
            jobs.enqueue(connection, "ingest", [row.id], at=now, urgency=jobs.URGENT)
            write_audit(connection, principal, "message.again", OBJECT, message_id, now, None)
            return AnalyzerMessage(**_plain(row))

        return await self._desk.database.transact(work)

    async def get(self, principal: Principal, message_id: UUID) -> AnalyzerMessageText:
        """One message with its text.

        Raises:
            MessageNotFound: no such message.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection) -> AnalyzerMessageText:
            row = messages.find(connection, message_id)
            if row is None:
                raise MessageNotFound
            now = self._desk.clock()
            write_audit(connection, principal, "message.read", OBJECT, message_id, now, None)
            text = bytes(row.raw).decode("utf-8", "replace").replace("\r", "\n")
            return AnalyzerMessageText(**_plain(row), text=text)

        return await self._desk.database.transact(work, keyed=False)


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AnalyzerMessage.model_fields}
