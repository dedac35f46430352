"""What our own database knows of people and texts, before anything is composed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Role
from deployments.notifications.composing import People
from deployments.notifications.editions import Edition, Editions
from deployments.notifications.reaching import Means
from deployments.users.schemas import Contact
from storage.notifications import standing, templates


def gather(
    connection: Connection,
    contacts: Mapping[UUID, Contact],
    means: Means,
    members: Mapping[Role, Sequence[UUID]] | None = None,
) -> People:
    """Everything that composing asks for: two statements, however many people there are."""
    return People(
        contacts,
        members or {},
        standing.read(connection, contacts.keys()),
        Editions({_key(row): edition(row) for row in templates.list_current(connection)}),
        means,
    )


def edition(row: Row[Any]) -> Edition:
    """A published text as it is rendered."""
    return Edition(row.version, row.locale, row.title, row.body)


def _key(row: Row[Any]) -> tuple[str, str, str]:
    return row.workflow, row.channel, row.locale
