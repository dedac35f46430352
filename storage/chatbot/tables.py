"""All tables of the chatbot database, in one place for repositories and migrations."""

from storage.chatbot.base import Base
from storage.chatbot.conversation_tables import (
    CONVERSATIONS,
    EARLIER_TEXTS,
    ENTRIES,
    MESSAGES,
    PARTICIPANTS,
    Conversation,
    EarlierText,
    Entry,
    Message,
    Participant,
)

__all__ = [
    "CONVERSATIONS",
    "EARLIER_TEXTS",
    "ENTRIES",
    "MESSAGES",
    "PARTICIPANTS",
    "Base",
    "Conversation",
    "EarlierText",
    "Entry",
    "Message",
    "Participant",
]
