"""Endpoints of web hooks, and announcements, as operators see them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.access import Role
from deployments.notifications.codes import Level
from deployments.schemas import Locale, LongText, Schema, ShortText, Version

Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[!-~]+$")]


class EndpointRequest(Schema):
    """Where web hooks about what one person is told should go.

    Attributes:
        owner_id: it gets what this person gets, never more.
        level: none: that something happened; id: what, and to which thing; full: the text of
            the inbox.
        workflows: empty for all.
    """

    owner_id: UUID
    url: Url
    level: Level = Level.ID
    workflows: Annotated[list[ShortText], Field(max_length=100)] = Field(default_factory=list)


class Endpoint(Schema):
    """A registered endpoint.

    Attributes:
        disabled: why nothing is sent there any more: switched off, gone (HTTP 410), or the
            reason of the last of several failures in a row.
    """

    id: UUID
    owner_id: UUID
    url: str
    level: Level
    workflows: list[str]
    failures: int
    disabled: str | None
    created_by: UUID
    created_at: datetime
    version: Version


class EndpointSecret(Endpoint):
    """An endpoint with its signing secret, shown here only.

    Attributes:
        secret: `whsec_...` of Standard Webhooks.
    """

    secret: str


class AnnouncementText(Schema):
    """Plain text; nothing personal belongs in it, as it goes by e-mail too."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    text: LongText


Audience = Literal[
    Role.PATIENT,
    Role.DOCTOR,
    Role.NURSE,
    Role.PHARMACIST,
    Role.LAB_TECHNICIAN,
    Role.BILLING_OFFICER,
    Role.ADMINISTRATOR,
    Role.PRIVACY_OFFICER,
    "everybody",
]


class AnnouncementTexts(Schema):
    """The text in every language."""

    en: AnnouncementText
    vi: AnnouncementText

    def of(self, locale: Locale) -> AnnouncementText:
        """The text for readers of a language."""
        return self.vi if locale == "vi" else self.en


class AnnouncementRequest(Schema):
    """What is said to everybody of a role, or to everybody."""

    audience: Audience
    texts: AnnouncementTexts


class Announcement(Schema):
    """An announcement on its way.

    Attributes:
        told: how many people have it in their inbox.
    """

    id: UUID
    audience: Audience
    texts: AnnouncementTexts
    status: Literal["telling", "told", "stopped"]
    told: int
    created_by: UUID
    created_at: datetime
    ended_at: datetime | None
