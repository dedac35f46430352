"""Texts as administrators see and write them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from deployments.notifications.codes import Channel
from deployments.schemas import Locale, Schema

Written = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
WrittenFor = Literal[Channel.IN_APP, Channel.EMAIL, Channel.SMS, Channel.PUSH]


class TemplateDraft(Schema):
    """A text for one channel and language.

    Attributes:
        title: subject, or title; SMS has none.
        body: paragraphs of an e-mail are parted by an empty line.
    """

    channel: WrittenFor
    locale: Locale
    title: Written | None = None
    body: Written


class Preview(Schema):
    """A text with made-up values, as its reader would see it.

    Attributes:
        html: of an e-mail; made for looking at in a sandboxed frame.
    """

    title: str
    body: str
    html: str | None = None


class PublishedTemplate(Schema):
    """A text that was published.

    Attributes:
        version: from 1000 on; the highest that is not withdrawn is used.
    """

    id: UUID
    workflow: str
    channel: Channel
    locale: Locale
    version: int
    title: str | None
    body: str
    published_by: UUID
    published_at: datetime
    withdrawn_at: datetime | None


class ShippedTemplate(Schema):
    """The file that is used where nothing is published.

    Attributes:
        source: blocks `title`, `body` (inbox), `email`, `short` (SMS and push).
    """

    locale: Locale
    version: int
    source: str


class WorkflowTemplates(Schema):
    """Every text of a workflow.

    Attributes:
        variables: by channel, what a text may say.
    """

    workflow: str
    channels: list[Channel]
    variables: dict[Channel, list[str]]
    shipped: list[ShippedTemplate]
    published: list[PublishedTemplate]


class WorkflowNames(Schema):
    """Everything that people are told."""

    items: list[str]
