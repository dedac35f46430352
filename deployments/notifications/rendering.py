"""From a workflow, its variables and its reader to text, in the reader's language and zone.

Templates are files: `templates/<workflow>/v<version>/<locale>.j2` with the blocks `title`,
`body` (inbox) and `email`. E-mail passes through foreign hands, so its block names neither the
other person nor anything clinical; who wants to know more signs in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from deployments.notifications.variables import LinkVariables
from deployments.notifications.workflows import Workflow
from deployments.schemas import Locale

TEMPLATES: Final = Path(__file__).parent / "templates"
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


def render_inbox(
    workflow: Workflow, version: int, reader: Reader, facts: Mapping[str, Any]
) -> InboxText:
    """Renders the blocks `title` and `body`.

    Raises:
        pydantic.ValidationError: a variable of the workflow is missing in `facts`.
    """
    template = _template(workflow, version, reader)
    values = _values(workflow.variables.model_validate(facts), reader)
    return InboxText(_block(template, "title", values), _block(template, "body", values))


def render_email(
    workflow: Workflow, version: int, reader: Reader, facts: Mapping[str, Any], home: str
) -> EmailText:
    """Renders the block `email` into the layout; the link is the message's own, else `home`.

    Raises:
        pydantic.ValidationError: a variable of the workflow is missing in `facts`.
    """
    template = _template(workflow, version, reader)
    variables = workflow.variables.model_validate(facts)
    values = _values(variables, reader)
    subject = _block(template, "title", values)
    around = {
        "title": subject,
        "reader": variables.reader,
        "paragraphs": _paragraphs(_block(template, "email", values)),
        "url": variables.url if isinstance(variables, LinkVariables) else home,
    }
    layout = _environment().get_template
    return EmailText(
        subject=" ".join(subject.split()),
        text=layout(f"layout/{reader.locale}.txt.j2").render(around),
        html=layout(f"layout/{reader.locale}.html.j2").render(around),
    )


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


def _template(workflow: Workflow, version: int, reader: Reader) -> Template:
    path = f"{workflow.name}/v{version}/{reader.locale}.j2"
    return _environment().get_template(path)


def _values(variables: BaseModel, reader: Reader) -> dict[str, Any]:
    return {"reads": reader, **dict(variables)}


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(values)))).strip()


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n")]
