"""What one event makes us tell, what leaves the house, and what is left out: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deployments.notifications.codes import Channel
from deployments.notifications.editions import Edition
from deployments.notifications.rendering import InboxText, Reader
from deployments.notifications.workflow import Workflow
from deployments.schemas import Locale


class Order(BaseModel):
    """What is stored until it is sent: enough to write it, never a secret.

    Attributes:
        to: the address; empty where it is looked up when it goes out.
        token_id: of the one-time link to ask users for at the moment of sending.
        version: of the template; the notification's when None.
        locale: of the template; the notification's when None.
    """

    model_config = ConfigDict(frozen=True)

    to: str
    time_zone: str
    facts: dict[str, Any]
    token_id: UUID | None = None
    version: int | None = None
    locale: Locale | None = None


@dataclass(frozen=True)
class Outgoing:
    """A message that leaves the house.

    Attributes:
        target: id of the endpoint of a web hook.
    """

    channel: Channel
    order: Order
    target: str = ""


@dataclass(frozen=True)
class Draft:
    """What one person is going to be told.

    Attributes:
        edition: of the inbox text.
        inbox: the inbox text, unless the inbox is left alone.
        outgoing: what leaves the house.
        digest_key: what makes it one with others, if it may be.
        quiet: the person's quiet hours.
    """

    recipient_id: UUID
    workflow: Workflow
    reader: Reader
    data: Mapping[str, str]
    edition: Edition
    inbox: InboxText | None
    outgoing: Sequence[Outgoing]
    digest_key: str | None
    quiet: tuple[time, time] | None


@dataclass(frozen=True)
class Omission:
    """A channel by which somebody is not told, and the code of the reason."""

    recipient_id: UUID
    workflow: Workflow
    channel: Channel
    reason: str


@dataclass
class Telling:
    """Everything that one event makes us tell."""

    drafts: list[Draft] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)

    def withheld(self, reason: str) -> "Telling":
        """The same with nothing told, for one reason."""
        withheld = [
            Omission(draft.recipient_id, draft.workflow, channel, reason)
            for draft in self.drafts
            for channel in draft.workflow.channels
        ]
        return Telling([], [*self.omissions, *withheld])
