"""Routes of what people say about being told: preferences, devices, the log."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, PageQuery, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.notifications.codes import Channel
from deployments.notifications.errors import (
    CannotBeMuted,
    ChannelNotOffered,
    DeviceNotFound,
    NoAddress,
    WorkflowUnknown,
)
from deployments.notifications.history import History
from deployments.notifications.preference_schemas import (
    Consent,
    ConsentRequest,
    Device,
    DeviceRequest,
    Devices,
    LogStep,
    Preferences,
    QuietHours,
    Wishes,
)
from deployments.notifications.preferences import PreferenceService
from deployments.pagination import InvalidCursor, Page

router = gateway_router(tags=["notifications"])
Service = Annotated[PreferenceService, Depends(service_of(PreferenceService, "preferences"))]
Log = Annotated[History, Depends(service_of(History, "history"))]


@router.get("/preferences")
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def get_preferences(caller: Caller, service: Service) -> Preferences:
    """What the caller has said about being told, and what follows from it."""
    return await service.get(caller)


@router.patch("/preferences", responses=declared(WorkflowUnknown, ChannelNotOffered, CannotBeMuted))
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def wish(wishes: Wishes, caller: Caller, service: Service) -> Preferences:
    """Switch channels on or off, for all messages or for one kind."""
    return await service.wish(caller, wishes)


@router.put("/preferences/quiet-hours")
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def set_quiet_hours(quiet: QuietHours, caller: Caller, service: Service) -> Preferences:
    """Say when to be left in peace; equal times take the quiet hours away."""
    return await service.set_quiet_hours(caller, quiet)


@router.delete("/preferences/quiet-hours")
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def end_quiet_hours(caller: Caller, service: Service) -> Preferences:
    """Have no quiet hours."""
    return await service.set_quiet_hours(caller, None)


@router.put("/preferences/consents/{channel}", responses=declared(ChannelNotOffered, NoAddress))
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def consent(
    channel: Literal[Channel.EMAIL, Channel.SMS],
    request: ConsentRequest,
    caller: Caller,
    service: Service,
) -> Consent:
    """Consent to the use of the number or the address in the profile, or withdraw it."""
    return await service.consent(caller, channel, granted=request.granted)


@router.post("/devices", status_code=201)
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def add_device(device: DeviceRequest, caller: Caller, service: Service) -> Device:
    """Register the device for push messages; it leaves the account it was registered to before."""
    return await service.add_device(caller, device)


@router.get("/devices")
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def list_devices(caller: Caller, service: Service) -> Devices:
    """The caller's devices."""
    return await service.list_devices(caller)


@router.delete("/devices/{device_id}", status_code=204, responses=declared(DeviceNotFound))
@policy(Permission.NOTIFICATIONS_UPDATE_OWN, cost=5)
async def forget_device(device_id: UUID, caller: Caller, service: Service) -> None:
    """Send nothing to a device any more."""
    await service.forget_device(caller, device_id)


@router.get("/log", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_READ_OWN)
async def list_own_log(caller: Caller, log: Log, page: PageQuery) -> Page[LogStep]:
    """What was done to tell the caller, and why something was not."""
    return await log.list_own(caller, page)


@router.get("/people/{user_id}/log", responses=declared(InvalidCursor))
@policy(Permission.NOTIFICATIONS_OPERATE)
async def list_log_of(user_id: UUID, caller: Caller, log: Log, page: PageQuery) -> Page[LogStep]:
    """The same of somebody else; it is written down who looked."""
    return await log.list_of(caller, user_id, page)
