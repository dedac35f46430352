"""Published texts: versions that follow each other, the last one standing is used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on

from storage.columns import new_id
from storage.notifications.tables import Template

FIRST: Final = 1000
LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
COLUMNS: Final = tuple(Template.__table__.columns)
CURRENT: Final = (
    select(*COLUMNS)
    .ext(distinct_on(Template.workflow, Template.channel, Template.locale))
    .where(Template.withdrawn_at.is_(None))
    .order_by(Template.workflow, Template.channel, Template.locale, Template.version.desc())
)


def list_current(connection: Connection) -> Sequence[Row[Any]]:
    """The text in use for each workflow, channel and language that has a published one."""
    return connection.execute(CURRENT).all()


def list_versions(connection: Connection, workflow: str) -> Sequence[Row[Any]]:
    """Every published text of a workflow, the latest first."""
    query = select(*COLUMNS).where(Template.workflow == workflow)
    return connection.execute(query.order_by(Template.id.desc())).all()


def find_version(
    connection: Connection, workflow: str, channel: str, locale: str, version: int
) -> Row[Any] | None:
    """A published text, withdrawn or not: what was composed with it is finished with it."""
    return connection.execute(
        select(*COLUMNS).where(
            Template.workflow == workflow,
            Template.channel == channel,
            Template.locale == locale,
            Template.version == version,
        )
    ).first()


def publish(
    connection: Connection,
    workflow: str,
    channel: str,
    locale: str,
    *,
    title: str | None,
    body: str,
    by: UUID,
    at: datetime,
) -> Row[Any]:
    """Writes the next version, used from now on."""
    connection.execute(LOCK, {"name": f"template {workflow} {channel} {locale}"})
    last = connection.execute(
        select(func.max(Template.version)).where(
            Template.workflow == workflow,
            Template.channel == channel,
            Template.locale == locale,
        )
    ).scalar()
    row = {
        "id": new_id(),
        "workflow": workflow,
        "channel": channel,
        "locale": locale,
        "version": FIRST if last is None else last + 1,
        "title": title,
        "body": body,
        "published_by": by,
        "published_at": at,
    }
    return connection.execute(insert(Template).values(row).returning(*COLUMNS)).one()


def withdraw(connection: Connection, template_id: UUID, at: datetime) -> Row[Any] | None:
    """Takes a text out of use; None when there is none with this id. Again changes nothing."""
    connection.execute(
        update(Template)
        .where(Template.id == template_id, Template.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    )
    return connection.execute(select(*COLUMNS).where(Template.id == template_id)).first()
