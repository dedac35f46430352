"""What an administrator may write as a text: a few words of the template language, checked. Pure.

A text knows variables, `moment`, and `if`. It has no loops, calls, attributes or includes: so it
ends, stays small, and reaches nothing but the variables of its workflow that its channel may say.
"""

from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from deployments.errors import FieldError
from deployments.notifications.codes import Channel
from deployments.notifications.variables import moments_of, usable
from deployments.notifications.workflow import Workflow

LONGEST: Final = {
    Channel.IN_APP: (120, 1000),
    Channel.EMAIL: (120, 4000),
    Channel.SMS: (0, 150),
    Channel.PUSH: (60, 150),
}
"""Characters of title and body; no title for SMS."""
ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
)
MOST_NODES: Final = 120
"""Of the parsed text: more than any message needs, too few to go deep."""


def faults(workflow: Workflow, channel: Channel, title: str | None, body: str) -> list[FieldError]:
    """What is wrong with a text, by field; empty when it can be used."""
    longest_title, longest_body = LONGEST[channel]
    found = list(_faults_of("/body", body, longest_body, workflow, channel))
    if longest_title == 0 and title is not None:
        found.append(FieldError("/title", "no_title", f"{channel} has no title"))
    elif longest_title and not title:
        found.append(FieldError("/title", "missing", f"{channel} needs a title"))
    elif title:
        found += _faults_of("/title", title, longest_title, workflow, channel)
    return found


def _faults_of(
    pointer: str, source: str, longest: int, workflow: Workflow, channel: Channel
) -> Iterator[FieldError]:
    if len(source) > longest:
        yield FieldError(pointer, "too_long", f"at most {longest} characters")
        return
    try:
        tree = Environment(autoescape=True).parse(source)
    except TemplateSyntaxError as error:
        yield FieldError(pointer, "syntax", f"line {error.lineno}: {error.message}")
        return
    except RecursionError:
        yield FieldError(pointer, "syntax", "too deep")
        return
    every = list(tree.find_all(nodes.Node))
    if len(every) > MOST_NODES:
        yield FieldError(pointer, "not_allowed", "too much at once")
    elif strange := next((it for it in every if not isinstance(it, ALLOWED)), None):
        yield FieldError(pointer, "not_allowed", f"{type(strange).__name__.lower()} is too much")
    else:
        yield from _misused(pointer, tree, workflow, channel)


def _misused(
    pointer: str, tree: nodes.Template, workflow: Workflow, channel: Channel
) -> Iterator[FieldError]:
    """Variables that the channel must not say, and moments that are no moments."""
    said = usable(workflow.variables, channel)
    moments = moments_of(workflow.variables)
    for name in sorted({node.name for node in tree.find_all(nodes.Name)} - said):
        known = ", ".join(sorted(said)) or "nothing"
        yield FieldError(pointer, "variable", f"{name}: {channel} may say {known}")
    for used in tree.find_all(nodes.Filter):
        of = used.node.name if isinstance(used.node, nodes.Name) else None
        if used.name != "moment" or used.args or used.kwargs or of not in moments:
            yield FieldError(pointer, "filter", f"{used.name}: only a moment `| moment`")
    for output in tree.find_all(nodes.Output):
        for shown in output.nodes:
            if isinstance(shown, nodes.Name) and shown.name in moments:
                yield FieldError(pointer, "filter", f"{shown.name}: write `{shown.name} | moment`")
