"""Routes below `/api/v1/notifications`."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, WebSocket

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, PageQuery, service_of
from deployments.gateway.policy import PUBLIC, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.notifications.errors import (
    DeliveryNotDead,
    DeliveryNotFound,
    NotificationNotFound,
    TicketRefused,
)
from deployments.notifications.live import Close, LiveInbox
from deployments.notifications.schemas import (
    DeadLetter,
    InboxCounters,
    Notification,
    WsTicket,
)
from deployments.notifications.service import NotificationService
from deployments.notifications.sockets import LiveSocket
from deployments.pagination import InvalidCursor, Page
from deployments.runtime import Runtime

PROTOCOL: Final = "medray.v1"
TICKET_PREFIX: Final = "ticket."

router = gateway_router(tags=["notifications"])
Service = Annotated[NotificationService, Depends(service_of(NotificationService))]


@router.get("/inbox", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def list_inbox(
    caller: Caller,
    service: Service,
    page: PageQuery,
    unread: Annotated[bool, Query(description="only what is unread")] = False,
) -> Page[Notification]:
    """The caller's inbox, newest first, without what was archived."""
    return await service.list_inbox(caller, page, unread=unread)


@router.get("/inbox/unread-count")
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def count_unread(caller: Caller, service: Service) -> InboxCounters:
    """How many notifications are unread."""
    return await service.count(caller)


@router.post("/inbox/read-all")
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def read_all(caller: Caller, service: Service) -> InboxCounters:
    """Mark everything in the inbox as read."""
    return await service.read_all(caller)


@router.post("/inbox/{notification_id}/read", responses=declared(NotificationNotFound))
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def read(notification_id: UUID, caller: Caller, service: Service) -> Notification:
    """Mark a notification as read."""
    return await service.read(caller, notification_id)


@router.post("/inbox/{notification_id}/archive", responses=declared(NotificationNotFound))
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def archive(notification_id: UUID, caller: Caller, service: Service) -> Notification:
    """Put a notification away."""
    return await service.archive(caller, notification_id)


@router.post("/ws-tickets", status_code=201)
@policy(Permission.NOTIFICATIONS_READ_OWN, cost=5, idempotent=False)
async def issue_ticket(caller: Caller, service: Service) -> WsTicket:
    """Get a ticket that opens one live connection within 30 seconds."""
    return await service.issue_ticket(caller)


@router.get("/dead-letters", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_OPERATE)
async def list_dead_letters(caller: Caller, service: Service, page: PageQuery) -> Page[DeadLetter]:
    """Deliveries that were given up, the latest first."""
    return await service.list_dead_letters(caller, page)


@router.post(
    "/dead-letters/{delivery_id}/replay", responses=declared(DeliveryNotFound, DeliveryNotDead)
)
@policy(Permission.NOTIFICATIONS_OPERATE, cost=10)
async def replay(delivery_id: UUID, caller: Caller, service: Service) -> DeadLetter:
    """Try a dead delivery again."""
    return await service.replay(caller, delivery_id)


@router.websocket("/ws")
@policy(PUBLIC)  # the ticket says who it is
async def live(
    socket: WebSocket, after: Annotated[int | None, Query(ge=0, le=2**62)] = None
) -> None:
    """The caller's inbox, live; see `sockets.py` for what is said."""
    runtime: Runtime = socket.app.state.runtime
    service: NotificationService = socket.app.state.services["service"]
    inbox: LiveInbox = socket.app.state.services["live"]
    ticket = _ticket(socket)
    settings = runtime.settings
    pages = {*settings.cors_origins, settings.public_url.rstrip("/")}
    if ticket is None or not _comes_from_here(socket, pages):
        await socket.close(Close.POLICY)
        return
    try:
        principal = await service.redeem_ticket(ticket)
    except TicketRefused:
        await socket.close(Close.SIGN_IN)
        return
    await socket.accept(PROTOCOL)
    await LiveSocket(socket, principal, service, inbox).serve(after)


def _ticket(socket: WebSocket) -> str | None:
    """The ticket among the offered subprotocols: never in the URL, which is logged (rule R28)."""
    offered: list[str] = socket.scope["subprotocols"]
    tickets = [name for name in offered if name.startswith(TICKET_PREFIX)]
    if PROTOCOL not in offered or len(tickets) != 1:
        return None
    return tickets[0].removeprefix(TICKET_PREFIX)


def _comes_from_here(socket: WebSocket, allowed: set[str]) -> bool:
    """Whether a page of an allowed origin, or no page at all, opens the connection."""
    origin = socket.headers.get("origin")
    if origin is None or origin in allowed:
        return True
    return origin.partition("://")[2] == socket.headers.get("host")
