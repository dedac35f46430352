"""What the notifications service answers, and what travels over a live connection."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deployments.schemas import Instant, Locale, Schema


class Notification(Schema):
    """One message in somebody's inbox.

    Attributes:
        number: ascends by one per inbox; resume a live connection after the last one seen.
        data: ids of what it is about, e.g. `appointment_id`.
        status: `delivered` until it is read.
    """

    id: UUID
    number: int
    workflow: str
    locale: Locale
    title: str
    body: str
    data: dict[str, str]
    status: Literal["delivered", "read"]
    created_at: datetime
    read_at: datetime | None
    archived_at: datetime | None


class InboxCounters(Schema):
    """How many notifications are unread, and the number of the newest."""

    unread: int
    last_number: int


class WsTicket(Schema):
    """Lets its holder open one live connection, once.

    Attributes:
        ticket: send it as the WebSocket subprotocol `ticket.<ticket>` beside `medray.v1`.
    """

    ticket: str
    expires_at: Instant


class DeadLetter(Schema):
    """A delivery that was given up.

    Attributes:
        status: `failed`: the receiving server refused it for good; `dead`: tried too often.
        last_error: code of what went wrong last; never text of the message.
    """

    id: UUID
    event_id: UUID
    recipient_id: UUID
    workflow: str
    channel: str
    status: Literal["queued", "failed", "dead"]
    attempts: int
    last_error: str | None
    created_at: datetime
    given_up_at: datetime | None


class Hello(Schema):
    """The first message of a live connection.

    A client counts on from here: one more for each unread notification above `last_number`,
    until an `unread` message says otherwise (they were read on another device).
    """

    type: Literal["hello"] = "hello"
    unread: int
    last_number: int


class LiveNotification(Schema):
    """A notification as it arrives on a live connection."""

    type: Literal["notification"] = "notification"
    notification: Notification


class LiveCount(Schema):
    """How many are unread, when that changed otherwise than by what arrived here."""

    type: Literal["unread"] = "unread"
    unread: int


class Presence(Schema):
    """Whether a person is connected now, and when they last gave a sign."""

    person_id: UUID
    online: bool
    active_at: Instant | None


class LiveDevice(Schema):
    """One of the caller's live connections.

    Attributes:
        session_id: the sign-in behind it, as users lists it.
        active_at: the last sign of the person on that sign-in.
    """

    id: UUID
    session_id: UUID
    since: Instant
    active_at: Instant


class LiveDevices(Schema):
    """The caller's live connections, and how many notifications wait unread."""

    items: list[LiveDevice]
    unread: int | None


class Ping(Schema):
    """Asks the client for a `Pong`; unanswered, the connection is closed as too slow (1013)."""

    type: Literal["ping"] = "ping"


class ClientMessage(BaseModel):
    """What a client may send.

    `{"after": n}` once, first; `{"type": "pong"}` for each ping; `{"type": "active"}` when the
    person did something, at most every few seconds: without it they are logged off as idle.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["after", "pong", "active"] = "after"
    after: Annotated[int, Field(ge=0, le=2**62)] | None = None
