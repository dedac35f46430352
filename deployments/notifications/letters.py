"""A message on its way out, with all that writing it needs, and who carries it."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Row

from deployments.notifications.codes import Channel
from deployments.notifications.drafts import Order
from deployments.notifications.editions import FIRST_PUBLISHED, Edition
from deployments.notifications.gathering import edition
from deployments.notifications.outcomes import Never
from deployments.notifications.rendering import Reader
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.schemas import Locale
from storage.notifications import standing, templates
from storage.notifications.standing import Standing


@dataclass(frozen=True)
class Letter:
    """A claimed delivery.

    Attributes:
        row: as `storage.notifications.deliveries.claim` returns it.
        standing: what its reader says of being told, as of now.
    """

    row: Row[Any]
    order: Order
    workflow: Workflow
    edition: Edition
    standing: Standing

    @property
    def reader(self) -> Reader:
        """Who reads it."""
        return Reader(self.edition.locale, self.order.time_zone)


class Courier(Protocol):
    """Who carries the messages of a channel."""

    async def deliver(self, letter: Letter) -> str | None:
        """Hands it over; the name of who took it, where there is more than one.

        Raises:
            NotNow: trying again may help.
            Unsure: the same, and the named provider may have taken it.
            Never: it cannot.
            Needless: there is nobody to hand it to.
        """


def letter_of(connection: Connection, row: Row[Any]) -> Letter:
    """Gathers what writing a claimed delivery needs.

    Raises:
        Never: nobody knows its text any more.
    """
    order = Order.model_validate(row.message)
    workflow = WORKFLOWS.get(row.workflow)
    if workflow is None:
        raise Never("unknown_workflow")
    said = standing.read(connection, [row.recipient_id])[row.recipient_id]
    version, locale = order.version or row.template_version, order.locale or row.locale
    return Letter(row, order, workflow, _edition(connection, row, version, locale), said)


def _edition(connection: Connection, row: Row[Any], version: int, locale: Locale) -> Edition:
    if version < FIRST_PUBLISHED or row.channel == Channel.WEBHOOK:
        return Edition(version, locale)
    found = templates.find_version(connection, row.workflow, row.channel, locale, version)
    if found is None:
        raise Never("unknown_template")
    return edition(found)
