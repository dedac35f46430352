"""Texts: looked at, previewed, published, withdrawn by administrators."""

from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.journal import audit_row
from deployments.notifications.codes import Channel
from deployments.notifications.editing import faults
from deployments.notifications.editions import TEMPLATES, Edition, is_shipped
from deployments.notifications.errors import (
    ChannelNotOffered,
    TemplateNotFound,
    TemplateRefused,
    WorkflowUnknown,
)
from deployments.notifications.rendering import Reader, render_email, render_inbox, render_short
from deployments.notifications.samples import SAMPLE
from deployments.notifications.template_schemas import (
    Preview,
    PublishedTemplate,
    ShippedTemplate,
    TemplateDraft,
    WorkflowNames,
    WorkflowTemplates,
)
from deployments.notifications.variables import usable
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.schemas import Locale
from storage import audit
from storage.database import Database
from storage.notifications import templates


class TemplateService:
    """What administrators do with texts.

    Args:
        database: the service's.
        home: where a reader signs in.
        time_zone: of previews.
        clock: the time.
    """

    def __init__(
        self, database: Database, *, home: str, time_zone: str, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._home = home
        self._time_zone = time_zone
        self._clock = clock

    async def list_workflows(self, caller: Principal) -> WorkflowNames:
        """Everything that people are told."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        return WorkflowNames(items=sorted(WORKFLOWS))

    async def get(self, caller: Principal, name: str) -> WorkflowTemplates:
        """Every text of a workflow.

        Raises:
            WorkflowUnknown: there is no such workflow.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        workflow = _find(name)
        rows = await self._database.read(
            lambda connection: templates.list_versions(connection, name)
        )
        return WorkflowTemplates(
            workflow=name,
            channels=list(workflow.channels),
            variables={it: sorted(usable(workflow.variables, it)) for it in workflow.channels},
            shipped=[_shipped(workflow, it) for it in get_args(Locale)],
            published=[_published(row) for row in rows],
        )

    async def preview(self, caller: Principal, name: str, draft: TemplateDraft) -> Preview:
        """Shows a text with made-up values; nothing is kept.

        Raises:
            WorkflowUnknown: there is no such workflow.
            ChannelNotOffered: it is not told by this channel.
            TemplateRefused: the text cannot be used.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        return self._rendered(_find(name), draft)

    async def publish(
        self, caller: Principal, name: str, draft: TemplateDraft
    ) -> PublishedTemplate:
        """Uses a text from now on; what is under way is finished with the one it began with.

        Raises:
            WorkflowUnknown: there is no such workflow.
            ChannelNotOffered: it is not told by this channel.
            TemplateRefused: the text cannot be used.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        self._rendered(_find(name), draft)
        now = self._clock()

        def work(connection: Connection) -> PublishedTemplate:
            row = templates.publish(
                connection,
                name,
                draft.channel,
                draft.locale,
                title=draft.title,
                body=draft.body,
                by=caller.user_id,
                at=now,
            )
            entry = audit_row(caller, "notifications.publish", "Template", row.id, now)
            audit.write_rows(connection, [entry])
            return _published(row)

        return await self._database.transact(work)

    async def withdraw(self, caller: Principal, template_id: UUID) -> PublishedTemplate:
        """Goes back to the version before, or to the shipped text.

        Raises:
            TemplateNotFound: there is none with this id.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        now = self._clock()

        def work(connection: Connection) -> PublishedTemplate:
            row = templates.withdraw(connection, template_id, now)
            if row is None:
                raise TemplateNotFound
            entry = audit_row(caller, "notifications.withdraw", "Template", template_id, now)
            audit.write_rows(connection, [entry])
            return _published(row)

        return await self._database.transact(work)

    def _rendered(self, workflow: Workflow, draft: TemplateDraft) -> Preview:
        if draft.channel not in workflow.channels:
            raise ChannelNotOffered(f"{workflow.name}: {', '.join(workflow.channels)}")
        wrong = faults(workflow, draft.channel, draft.title, draft.body)
        if wrong:
            raise TemplateRefused("the text cannot be used", wrong)
        edition = Edition(templates.FIRST, draft.locale, draft.title, draft.body)
        reader = Reader(draft.locale, self._time_zone)
        if draft.channel is Channel.IN_APP:
            inbox = render_inbox(workflow, edition, reader, SAMPLE)
            return Preview(title=inbox.title, body=inbox.body)
        if draft.channel is Channel.EMAIL:
            email = render_email(workflow, edition, reader, SAMPLE, self._home)
            return Preview(title=email.subject, body=email.text, html=email.html)
        short = render_short(workflow, edition, draft.channel, reader, SAMPLE)
        return Preview(title=short.title, body=short.body)


def _find(name: str) -> Workflow:
    if name not in WORKFLOWS:
        raise WorkflowUnknown
    return WORKFLOWS[name]


def _shipped(workflow: Workflow, locale: Locale) -> ShippedTemplate:
    file = TEMPLATES / workflow.name / f"v{workflow.version}" / f"{locale}.j2"
    shipped = is_shipped(workflow.name, workflow.version, locale)
    return ShippedTemplate(
        locale=locale, version=workflow.version, source=file.read_text() if shipped else ""
    )


def _published(row: Row[Any]) -> PublishedTemplate:
    return PublishedTemplate.model_validate(dict(row._mapping))  # noqa: SLF001  # SQLAlchemy's way
