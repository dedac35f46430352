"""Writing a message: its entry in the log and its row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.chatbot.errors import ConversationClosed
from deployments.chatbot.schemas import Message, Source
from deployments.letters import plain_letters
from storage.chatbot import conversations, log
from storage.chatbot.log import Step
from storage.columns import new_id


class Said(NamedTuple):
    """What somebody says; `author_id` is None for the assistant."""

    author: str
    author_id: UUID | None
    text: str
    reply_to: UUID | None = None
    sources: Sequence[Source] = ()


def write_message(
    connection: Connection, conversation_id: UUID, said: Said, at: datetime
) -> tuple[Row[Any], Message]:
    """Writes a whole message at the end of a conversation.

    Returns:
        The conversation as it is now, locked by this transaction, and the message.

    Raises:
        ConversationClosed: it has ended.
    """
    message_id = new_id()
    sources = [one.model_dump(mode="json") for one in said.sources]
    content: dict[str, Any] = {
        "author": said.author,
        "author_id": str(said.author_id) if said.author_id else None,
        "text": said.text,
        "reply_to": str(said.reply_to) if said.reply_to else None,
    }
    if sources:
        content["sources"] = sources
    step = Step("message", content, message_id)
    number = log.append(connection, conversation_id, [step], at)
    now = conversations.find(connection, conversation_id)
    assert now is not None  # noqa: S101  # conversations are never deleted
    if number is None:
        raise ConversationClosed
    row = {
        **said._asdict(),
        "id": message_id,
        "conversation_id": conversation_id,
        "number": number,
        "status": "complete",
        "plain": plain_letters(said.text),
        "sources": sources,
        "fence": now.fence,
        "created_at": at,
        "edited_at": None,
        "finished_at": at,
    }
    conversations.say(connection, row)
    return now, Message(**{name: row[name] for name in Message.model_fields})
