"""From a workflow, its variables and its reader to text, in the reader's language and zone.

Shipped templates are files: `templates/<workflow>/v<version>/<locale>.j2` with the blocks
`title`, `body` (inbox), `email` and `short` (SMS and push). E-mail passes through foreign hands,
so its block names neither the other person nor anything clinical, and what a lock screen shows
says no more than that there is something; who wants to know more signs in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, create_model

from deployments.notifications.codes import Channel
from deployments.notifications.editions import TEMPLATES, Edition
from deployments.notifications.variables import usable
from deployments.notifications.workflow import Workflow
from deployments.schemas import Locale

HOUSE: Final = "medray"
"""The title of what is shown on a lock screen."""
MOMENTS: Final[Mapping[Locale, str]] = {
    "en": "EEEE, d MMMM y 'at' HH:mm",
    "vi": "EEEE, d MMMM, y 'lúc' HH:mm",
}


@dataclass(frozen=True)
class Reader:
    """Who reads: in which language, and where the clock on the wall stands."""

    locale: Locale
    time_zone: str


@dataclass(frozen=True)
class InboxText:
    """What the inbox shows."""

    title: str
    body: str


@dataclass(frozen=True)
class EmailText:
    """One e-mail, as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class ShortText:
    """What a lock screen shows."""

    title: str
    body: str


def render_inbox(
    workflow: Workflow, edition: Edition, reader: Reader, facts: Mapping[str, Any]
) -> InboxText:
    """Renders title and body.

    Raises:
        pydantic.ValidationError: a variable of the workflow is missing in `facts`.
    """
    values = _values(workflow.variables.model_validate(facts), edition, reader)
    return InboxText(
        _say(workflow, edition, "title", values), _say(workflow, edition, "body", values)
    )


def render_email(
    workflow: Workflow, edition: Edition, reader: Reader, facts: Mapping[str, Any], home: str
) -> EmailText:
    """Renders the e-mail into the layout; the link is the message's own, else `home`.

    Raises:
        pydantic.ValidationError: a variable is missing in `facts`.
    """
    said = _by_channel(workflow, Channel.EMAIL).model_validate(facts)
    values = _values(said, edition, reader)
    subject = _say(workflow, edition, "title", values)
    around = {
        "title": subject,
        "reader": values["reader"],
        "paragraphs": _paragraphs(_say(workflow, edition, "email", values)),
        "url": values.get("url", home),
    }
    layout = _environment().get_template
    return EmailText(
        subject=" ".join(subject.split()),
        text=layout(f"layout/{edition.locale}.txt.j2").render(around),
        html=layout(f"layout/{edition.locale}.html.j2").render(around),
    )


def render_short(
    workflow: Workflow,
    edition: Edition,
    channel: Channel,
    reader: Reader,
    facts: Mapping[str, Any],
) -> ShortText:
    """Renders what a lock screen may show; SMS has no title.

    Raises:
        pydantic.ValidationError: a variable is missing in `facts`.
    """
    said = _by_channel(workflow, channel).model_validate(facts)
    values = _values(said, edition, reader)
    title = _say(workflow, edition, "title", values) if edition.title is not None else HOUSE
    return ShortText(title, " ".join(_say(workflow, edition, "short", values).split()))


def format_moment(value: datetime, reader: Reader) -> str:
    """`Tuesday, 24 November 2026 at 09:30`, as the reader's calendar and clock show it."""
    return format_datetime(
        value, MOMENTS[reader.locale], tzinfo=ZoneInfo(reader.time_zone), locale=reader.locale
    )


@pass_context
def _moment(context: Context, value: datetime) -> str:
    return format_moment(value, context["reads"])


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["moment"] = _moment
    return environment


@cache
def _by_channel(workflow: Workflow, channel: Channel) -> type[BaseModel]:
    """The variables that the channel may use, each required: the order holds no others."""
    fields = workflow.variables.model_fields
    said: Any = {name: fields[name].annotation for name in usable(workflow.variables, channel)}
    return create_model(f"{workflow.name} by {channel}", **said)


@cache
def _published(source: str) -> Template:
    return _environment().from_string(source)


def _say(workflow: Workflow, edition: Edition, part: str, values: Mapping[str, Any]) -> str:
    """Renders one part: a block of the file, or what was published."""
    if edition.body is not None:
        source = edition.title if part == "title" else edition.body
        return _published(source or "").render(values).strip()
    path = f"{workflow.name}/v{edition.version}/{edition.locale}.j2"
    template = _environment().get_template(path)
    return "".join(template.blocks[part](template.new_context(dict(values)))).strip()


def _values(variables: BaseModel, edition: Edition, reader: Reader) -> dict[str, Any]:
    return {"reads": Reader(edition.locale, reader.time_zone), **dict(variables)}


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n")]
