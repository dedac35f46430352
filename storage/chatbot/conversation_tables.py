"""Conversations, what was said in them, and the numbered log that everybody follows."""

from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from storage.chatbot.base import Base
from storage.columns import Instant, UuidKey

Later = TIMESTAMP(timezone=True)
WAITING: Final = text("status = 'open' AND owner = 'pool'")
LEASED: Final = text("status = 'open' AND leased_until IS NOT NULL")


class Conversation(Base):
    """A talk of a patient with the assistant, with a clinician, or first one and then the other.

    Attributes:
        owner: who answers now: `assistant`, `pool` (whoever takes it) or `clinician`.
        owner_id: the clinician, when it is one.
        fence: raised with each change of owner; what was begun under an older one is discarded.
        leased_until: a clinician who does nothing for so long gives it back to the pool.
        last_number: of the log.
        waiting_since: since when it waits in the pool.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("owner IN ('assistant', 'pool', 'clinician')", name="owner"),
        CheckConstraint("(owner = 'clinician') = (owner_id IS NOT NULL)", name="owner_id"),
        CheckConstraint("(owner = 'pool') = (waiting_since IS NOT NULL)", name="waiting_since"),
        CheckConstraint("urgency IN ('routine', 'urgent', 'emergency')", name="urgency"),
        Index(None, "patient_id", "id"),
        Index(None, "owner_id", "id", postgresql_where=text("owner_id IS NOT NULL")),
        Index("ix_conversations_waiting", "urgency", "waiting_since", postgresql_where=WAITING),
        Index("ix_conversations_leased", "leased_until", postgresql_where=LEASED),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    subject: Mapped[str]
    locale: Mapped[str]
    status: Mapped[str]
    owner: Mapped[str]
    owner_id: Mapped[UUID | None]
    fence: Mapped[int] = mapped_column(BigInteger)
    leased_until: Mapped[datetime | None] = mapped_column(Later)
    urgency: Mapped[str]
    reason: Mapped[str | None]
    waiting_since: Mapped[datetime | None] = mapped_column(Later)
    last_number: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    closed_at: Mapped[datetime | None] = mapped_column(Later)


class Participant(Base):
    """Somebody who takes part, and up to which number of the log they have read."""

    __tablename__ = "participants"
    __table_args__ = (Index(None, "user_id", "conversation_id"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    read_to: Mapped[int] = mapped_column(BigInteger)
    joined_at: Mapped[Instant]


class Message(Base):
    """Something that was said, as it stands now.

    Attributes:
        number: of its first entry in the log.
        author_id: None for the assistant.
        fence: of the conversation when it was begun.
        plain: the text without accents and capitals, for searching.
        sources: what an answer rests on.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("author IN ('patient', 'clinician', 'assistant')", name="author"),
        CheckConstraint("(author = 'assistant') = (author_id IS NULL)", name="author_id"),
        CheckConstraint(
            "status IN ('streaming', 'complete', 'stopped', 'failed', 'superseded', 'blocked')",
            name="status",
        ),
        Index("uq_messages_conversation_id_number", "conversation_id", "number", unique=True),
        Index(
            "ix_messages_plain",
            "plain",
            postgresql_using="gin",
            postgresql_ops={"plain": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UuidKey]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    author: Mapped[str]
    author_id: Mapped[UUID | None]
    status: Mapped[str]
    text: Mapped[str]
    plain: Mapped[str]
    reply_to: Mapped[UUID | None]
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    fence: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Instant]
    edited_at: Mapped[datetime | None] = mapped_column(Later)
    finished_at: Mapped[datetime | None] = mapped_column(Later)


class EarlierText(Base):
    """What a message said before it was edited."""

    __tablename__ = "earlier_texts"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    text: Mapped[str]
    replaced_at: Mapped[Instant]


class Entry(Base):
    """One step of a conversation; a client that knows all up to a number has missed nothing.

    Attributes:
        kind: `message`, `answer_started`, `answer_piece`, `answer_ended`, `message_edited`,
            `owner_changed`, `proposal`, `proposal_settled`, `closed`, `reopened`.
        content: what a client needs to show the step, without asking for anything else.
    """

    __tablename__ = "entries"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str]
    message_id: Mapped[UUID | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Instant]


CONVERSATIONS: Final = cast("Table", Conversation.__table__)
PARTICIPANTS: Final = cast("Table", Participant.__table__)
MESSAGES: Final = cast("Table", Message.__table__)
EARLIER_TEXTS: Final = cast("Table", EarlierText.__table__)
ENTRIES: Final = cast("Table", Entry.__table__)
