"""Routes of presence and of the caller's own live connections."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.notifications.errors import PresenceNotFound, PresenceUnknown
from deployments.notifications.presence import PresenceService
from deployments.notifications.schemas import LiveDevices, Presence

router = gateway_router(tags=["notifications"])
Service = Annotated[PresenceService, Depends(service_of(PresenceService, "presence"))]


@router.get("/live-devices", responses=declared(PresenceUnknown))
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def list_live_devices(caller: Caller, service: Service) -> LiveDevices:
    """The caller's live connections, on whatever device."""
    return await service.own_devices(caller)


@router.get("/presence/{person_id}", responses=declared(PresenceNotFound, PresenceUnknown))
@policy(Permission.NOTIFICATIONS_SEE_PRESENCE)
async def get_presence(person_id: UUID, caller: Caller, service: Service) -> Presence:
    """Whether a colleague, or a patient whom the caller treats, is connected now."""
    return await service.of(caller, person_id)
