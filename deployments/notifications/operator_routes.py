"""Routes of operators: texts, endpoints of web hooks, announcements."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from deployments.access import Permission
from deployments.errors import PreconditionFailed
from deployments.gateway.dependencies import Caller, IfMatch, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.notifications.announcing import AnnouncementService
from deployments.notifications.endpoint_schemas import (
    Announcement,
    AnnouncementRequest,
    Endpoint,
    EndpointRequest,
    EndpointSecret,
)
from deployments.notifications.endpoints import EndpointService
from deployments.notifications.errors import (
    AnnouncementNotFound,
    ChannelNotOffered,
    EndpointNotFound,
    EndpointRefused,
    TemplateNotFound,
    TemplateRefused,
    TooManyEndpoints,
    WorkflowUnknown,
)
from deployments.notifications.template_schemas import (
    Preview,
    PublishedTemplate,
    TemplateDraft,
    WorkflowNames,
    WorkflowTemplates,
)
from deployments.notifications.templating import TemplateService
from deployments.pagination import InvalidCursor, Page
from deployments.users.errors import UserNotFound

router = gateway_router(tags=["notifications"])
Texts = Annotated[TemplateService, Depends(service_of(TemplateService, "templates"))]
Hooks = Annotated[EndpointService, Depends(service_of(EndpointService, "endpoints"))]
Says = Annotated[AnnouncementService, Depends(service_of(AnnouncementService, "announcements"))]


@router.get("/templates")
@policy(Permission.NOTIFICATIONS_OPERATE)
async def list_workflows(caller: Caller, texts: Texts) -> WorkflowNames:
    """Everything that people are told, by name."""
    return await texts.list_workflows(caller)


@router.get("/templates/{workflow}", responses=declared(WorkflowUnknown))
@policy(Permission.NOTIFICATIONS_OPERATE)
async def get_templates(workflow: str, caller: Caller, texts: Texts) -> WorkflowTemplates:
    """Every text of a workflow: shipped and published."""
    return await texts.get(caller, workflow)


@router.post(
    "/templates/{workflow}/preview",
    responses=declared(WorkflowUnknown, ChannelNotOffered, TemplateRefused),
)
@policy(Permission.NOTIFICATIONS_OPERATE, idempotent=False)
async def preview(workflow: str, draft: TemplateDraft, caller: Caller, texts: Texts) -> Preview:
    """See a text with made-up values; nothing is kept."""
    return await texts.preview(caller, workflow, draft)


@router.post(
    "/templates/{workflow}",
    status_code=201,
    responses=declared(WorkflowUnknown, ChannelNotOffered, TemplateRefused),
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=10)
async def publish(
    workflow: str, draft: TemplateDraft, caller: Caller, texts: Texts
) -> PublishedTemplate:
    """Use a text from now on."""
    return await texts.publish(caller, workflow, draft)


@router.post("/published-templates/{template_id}/withdraw", responses=declared(TemplateNotFound))
@policy(Permission.NOTIFICATIONS_OPERATE, cost=10)
async def withdraw(template_id: UUID, caller: Caller, texts: Texts) -> PublishedTemplate:
    """Go back to the version before, or to the shipped text."""
    return await texts.withdraw(caller, template_id)


@router.post(
    "/endpoints",
    status_code=201,
    responses=declared(UserNotFound, EndpointRefused, WorkflowUnknown, TooManyEndpoints),
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=10, idempotent=False)
async def register(request: EndpointRequest, caller: Caller, hooks: Hooks) -> EndpointSecret:
    """Register an endpoint for web hooks; the secret is shown in this answer only."""
    return await hooks.register(caller, request)


@router.get("/endpoints", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_OPERATE)
async def list_endpoints(caller: Caller, hooks: Hooks, page: PageQuery) -> Page[Endpoint]:
    """Every endpoint, the latest first."""
    return await hooks.list_all(caller, page)


@router.post(
    "/endpoints/{endpoint_id}/disable", responses=declared(EndpointNotFound, PreconditionFailed)
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=5)
async def disable(endpoint_id: UUID, caller: Caller, hooks: Hooks, if_match: IfMatch) -> Endpoint:
    """Send nothing to an endpoint any more."""
    return await hooks.disable(caller, endpoint_id, if_match)


@router.post(
    "/endpoints/{endpoint_id}/enable", responses=declared(EndpointNotFound, PreconditionFailed)
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=5)
async def enable(endpoint_id: UUID, caller: Caller, hooks: Hooks, if_match: IfMatch) -> Endpoint:
    """Send to an endpoint again."""
    return await hooks.enable(caller, endpoint_id, if_match)


@router.post(
    "/endpoints/{endpoint_id}/rotate-secret",
    responses=declared(EndpointNotFound, PreconditionFailed),
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=10, idempotent=False)
async def rotate(
    endpoint_id: UUID, caller: Caller, hooks: Hooks, if_match: IfMatch
) -> EndpointSecret:
    """Sign with another secret from now on."""
    return await hooks.rotate(caller, endpoint_id, if_match)


@router.post("/announcements", status_code=201)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=20)
async def announce(request: AnnouncementRequest, caller: Caller, says: Says) -> Announcement:
    """Say something to everybody of a role, or to everybody."""
    return await says.announce(caller, request)


@router.get("/announcements", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_OPERATE)
async def list_announcements(caller: Caller, says: Says, page: PageQuery) -> Page[Announcement]:
    """Announcements, the latest first."""
    return await says.list_all(caller, page)


@router.post("/announcements/{announcement_id}/stop", responses=declared(AnnouncementNotFound))
@policy(Permission.NOTIFICATIONS_OPERATE, cost=5)
async def stop(announcement_id: UUID, caller: Caller, says: Says) -> Announcement:
    """Tell nobody else; who was told keeps it."""
    return await says.stop(caller, announcement_id)
