"""What people say about being told, and what was done to tell them."""

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.notifications.codes import Channel
from deployments.schemas import Schema

WorkflowName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Personal = Literal[Channel.IN_APP, Channel.EMAIL, Channel.SMS, Channel.PUSH]


class Wish(Schema):
    """A channel on or off.

    Attributes:
        workflow: for this kind of message only; null for all.
        enabled: null takes the wish back, so that the default holds again.
    """

    workflow: WorkflowName | None = None
    channel: Personal
    enabled: bool | None


class Wishes(Schema):
    """Several wishes at once."""

    wishes: Annotated[list[Wish], Field(min_length=1, max_length=200)]


class QuietHours(Schema):
    """When to be left in peace, by the clock on the person's wall; may go past midnight.

    What a life or an account may hang on is told all the same.
    """

    begins: time
    ends: time


class ConsentRequest(Schema):
    """Whether the address in the caller's profile may be used."""

    granted: bool


class Consent(Schema):
    """What is known of one address.

    Attributes:
        source: who said so: the person, a reply (STOP), or the provider.
    """

    channel: Channel
    address: str
    status: Literal["granted", "withdrawn"]
    source: Literal["person", "reply", "provider"]
    changed_at: datetime


class OfferedChannel(Schema):
    """A channel of a workflow.

    Attributes:
        enabled: whether the caller is told by it, as far as wishes go.
        essential: it cannot be switched off.
    """

    channel: Channel
    enabled: bool
    essential: bool


class OfferedWorkflow(Schema):
    """A kind of message that the caller may get."""

    workflow: str
    channels: list[OfferedChannel]


class Preferences(Schema):
    """Everything the caller has said, and what follows from it."""

    quiet_hours: QuietHours | None
    wishes: list[Wish]
    consents: list[Consent]
    workflows: list[OfferedWorkflow]


class DeviceRequest(Schema):
    """A device that push messages go to.

    Attributes:
        token: what the platform gave the application.
    """

    token: Annotated[str, StringConstraints(min_length=8, max_length=4096, pattern=r"^[!-~]+$")]
    platform: Literal["android", "ios", "web"]


class Device(Schema):
    """A device of the caller."""

    id: UUID
    platform: str
    status: Literal["granted", "withdrawn"]
    registered_at: datetime


class Devices(Schema):
    """The caller's devices."""

    items: list[Device]


class LogStep(Schema):
    """One step of telling somebody something.

    Attributes:
        step: what was done: delivered, queued, delayed, sent, skipped, merged, failed, dead, ...
        reason: code of why, where there is one; into which message for a merged one.
    """

    at: datetime
    event_id: UUID
    workflow: str | None
    channel: str
    step: str
    reason: str | None
