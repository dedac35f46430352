"""The numbered log of a conversation: what everybody sees, in one order, without gaps.

The number is taken from the row of the conversation, whose lock makes numbers ascend in commit
order; who follows the log by number misses nothing and gets nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from storage.chatbot.tables import CONVERSATIONS, ENTRIES

C, E = CONVERSATIONS.c, ENTRIES.c
_NEWER: Final = (
    select(ENTRIES)
    .where(E.conversation_id == bindparam("conversation_id"), E.number > bindparam("after"))
    .order_by(E.number)
    .limit(bindparam("most"))
)


class Step(NamedTuple):
    """An entry that is to be written; see `Entry`."""

    kind: str
    content: dict[str, Any]
    message_id: UUID | None = None


def append(
    connection: Connection,
    conversation_id: UUID,
    steps: Sequence[Step],
    at: datetime,
    *,
    fence: int | None = None,
) -> int | None:
    """Writes steps at the end of the log of an open conversation.

    Args:
        connection: in the transaction of what the steps speak of.
        conversation_id: whose log.
        steps: one at least.
        at: when.
        fence: the owner under whom it was begun; None for what any owner may see happen.

    Returns:
        The number of the last step. None, and nothing is written, when the conversation is closed
        or belongs to another owner by now.
    """
    taken = (
        update(CONVERSATIONS)
        .where(C.id == conversation_id, C.status == "open")
        .values(last_number=C.last_number + len(steps), changed_at=at)
        .returning(C.last_number)
    )
    if fence is not None:
        taken = taken.where(C.fence == fence)
    last: int | None = connection.execute(taken).scalar_one_or_none()
    if last is not None:
        write(connection, conversation_id, last, steps, at)
    return last


def write(
    connection: Connection, conversation_id: UUID, last: int, steps: Sequence[Step], at: datetime
) -> None:
    """Writes steps whose numbers, up to `last`, were taken already."""
    first = last - len(steps) + 1
    connection.execute(
        insert(ENTRIES),
        [
            {
                "conversation_id": conversation_id,
                "number": number,
                "kind": step.kind,
                "message_id": step.message_id,
                "content": step.content,
                "at": at,
            }
            for number, step in enumerate(steps, first)
        ],
    )


def newer_than(
    connection: Connection, conversation_id: UUID, after: int, most: int
) -> Sequence[Row[Any]]:
    """Up to `most` entries above a number, in order."""
    wanted = {"conversation_id": conversation_id, "after": after, "most": most}
    return connection.execute(_NEWER, wanted).all()
