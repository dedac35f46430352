"""What is said about conversations, to clients and to other services."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.chatbot.ownership import OwnerKind, Urgency
from deployments.pagination import PageRequest
from deployments.schemas import Instant, Locale, Schema, ShortText

Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Number = Annotated[int, Field(ge=0, le=2**62)]
"""A place in the log of a conversation; 0 is before everything."""


class NewConversation(Schema):
    """What a conversation begins with.

    Attributes:
        patient_id: for clinicians: with whom. A patient talks for themself.
        with_: `assistant`, or `clinician` to wait for one.
    """

    subject: ShortText
    locale: Locale = "vi"
    patient_id: UUID | None = None
    with_: Annotated[Literal["assistant", "clinician"], Field(alias="with")] = "assistant"


class Participant(Schema):
    """Somebody who takes part, and up to which number they have read."""

    user_id: UUID
    role: Literal["patient", "clinician"]
    read_to: Number
    joined_at: Instant


class Conversation(Schema):
    """A conversation.

    Attributes:
        owner: who answers now: the assistant, whoever takes it from the pool, or a clinician.
        version: raised with each change of owner.
        last_number: of its log.
    """

    id: UUID
    patient_id: UUID
    subject: str
    locale: Locale
    status: Literal["open", "closed"]
    owner: OwnerKind
    owner_id: UUID | None
    urgency: Urgency
    reason: str | None
    waiting_since: Instant | None
    version: int
    last_number: Number
    created_at: Instant
    changed_at: Instant
    closed_at: Instant | None
    participants: list[Participant]


class ConversationSummary(Schema):
    """A conversation in a list: who waits, since when, how urgently; nothing that was said."""

    id: UUID
    patient_id: UUID
    subject: str
    status: Literal["open", "closed"]
    owner: OwnerKind
    owner_id: UUID | None
    urgency: Urgency
    reason: str | None
    waiting_since: Instant | None
    last_number: Number
    changed_at: Instant


class Utterance(Schema):
    """Something to say.

    Attributes:
        reply_to: the message that it answers.
    """

    text: Words
    reply_to: UUID | None = None


class Source(Schema):
    """What a sentence of an answer rests on.

    Attributes:
        kind: `leaflet`, `red_flag`, or a FHIR resource type.
        id: of the leaflet passage, the flag, or of the resource.
        version: of it, when the answer was written.
        title: for people.
    """

    kind: str
    id: str
    version: str
    title: str


class Message(Schema):
    """Something that was said, as it stands now.

    Attributes:
        number: its place in the log.
    """

    id: UUID
    conversation_id: UUID
    number: Number
    author: Literal["patient", "clinician", "assistant"]
    author_id: UUID | None
    status: Literal["streaming", "complete", "stopped", "failed", "superseded", "blocked"]
    text: str
    reply_to: UUID | None
    sources: list[Source]
    created_at: Instant
    edited_at: Instant | None
    finished_at: Instant | None


class LogEntry(Schema):
    """One step of a conversation; see `storage.chatbot.tables.Entry` for the kinds."""

    number: Number
    kind: str
    message_id: UUID | None
    content: dict[str, Any]
    at: Instant


class ConversationQuery(PageRequest):
    """Which conversations are listed: one's own, or those of a patient whom one treats."""

    patient_id: UUID | None = None
    status: Literal["open", "closed"] | None = None


class Closing(Schema):
    """Why a conversation ends."""

    reason: Annotated[str | None, StringConstraints(min_length=1, max_length=200)] = None


class ReadPointer(Schema):
    """Up to which number the caller has read."""

    number: Number
