"""What people say about being told: wishes, quiet hours, consents, devices."""

from datetime import time
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.journal import audit_row
from deployments.notifications import rules
from deployments.notifications.codes import Channel
from deployments.notifications.errors import (
    CannotBeMuted,
    ChannelNotOffered,
    DeviceNotFound,
    NoAddress,
    WorkflowUnknown,
)
from deployments.notifications.preference_schemas import (
    Consent,
    Device,
    DeviceRequest,
    Devices,
    OfferedChannel,
    OfferedWorkflow,
    Preferences,
    QuietHours,
    Wish,
    Wishes,
)
from deployments.notifications.reaching import Means
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.users.schemas import Contact
from storage import audit
from storage.database import Database
from storage.notifications import standing
from storage.notifications.standing import EVERY


class AddressBook(Protocol):
    """Who knows addresses; `UsersClient` is one."""

    async def get_contact(self, user_id: UUID) -> Contact:
        """How to reach one person."""


class PreferenceService:
    """What people do about being told.

    Args:
        database: the service's.
        users: who knows addresses.
        means: what the house can reach people by.
        clock: the time.
    """

    def __init__(
        self, database: Database, users: AddressBook, means: Means, *, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._users = users
        self._means = means
        self._clock = clock

    async def get(self, caller: Principal) -> Preferences:
        """Everything the caller has said, and what follows."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        return await self._database.read(lambda connection: _preferences(connection, caller))

    async def wish(self, caller: Principal, wishes: Wishes) -> Preferences:
        """Switches channels on or off.

        Raises:
            WorkflowUnknown: there is no such workflow.
            ChannelNotOffered: it is not told by this channel.
            CannotBeMuted: it is essential.
        """
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        for wish in wishes.wishes:
            _check(wish)
        now = self._clock()
        by_key = {(it.workflow or EVERY, str(it.channel)): it.enabled for it in wishes.wishes}

        def work(connection: Connection) -> Preferences:
            standing.save_wishes(connection, caller.user_id, by_key, now)
            return _preferences(connection, caller)

        return await self._database.transact(work)

    async def set_quiet_hours(self, caller: Principal, quiet: QuietHours | None) -> Preferences:
        """Sets the quiet hours, or takes them away."""
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        now = self._clock()
        hours = None
        if quiet is not None and quiet.begins != quiet.ends:
            hours = (_wall(quiet.begins), _wall(quiet.ends))

        def work(connection: Connection) -> Preferences:
            standing.save_quiet_hours(connection, caller.user_id, hours, now)
            return _preferences(connection, caller)

        return await self._database.transact(work)

    async def consent(self, caller: Principal, channel: Channel, *, granted: bool) -> Consent:
        """Consents to the use of the address in the caller's profile, or withdraws it.

        Raises:
            ChannelNotOffered: the channel has no address that one could consent to.
            NoAddress: the profile has none, or none that can be reached.
        """
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        if channel not in {Channel.EMAIL, Channel.SMS}:
            raise ChannelNotOffered("email or sms")
        address = self._means.address(channel, await self._users.get_contact(caller.user_id))
        if address is None:
            raise NoAddress("add it to your profile first")
        now = self._clock()

        def work(connection: Connection) -> Consent:
            row = standing.save_consent(
                connection, caller.user_id, channel, address, granted=granted, at=now
            )
            verb = "granted" if granted else "withdrawn"
            entry = audit_row(caller, f"notifications.consent_{verb}", "Consent", row.id, now)
            audit.write_rows(connection, [entry])
            return _consent(row)

        return await self._database.transact(work)

    async def add_device(self, caller: Principal, device: DeviceRequest) -> Device:
        """Sends push messages to a device from now on, and to nobody else's account on it."""
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> Device:
            standing.take_device(connection, caller.user_id, device.token)
            row = standing.save_consent(
                connection,
                caller.user_id,
                Channel.PUSH,
                device.token,
                granted=True,
                at=now,
                platform=device.platform,
            )
            return _device(row)

        return await self._database.transact(work)

    async def list_devices(self, caller: Principal) -> Devices:
        """The caller's devices."""
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        rows = await self._database.read(
            lambda connection: standing.list_addresses(connection, caller.user_id)
        )
        return Devices(items=[_device(row) for row in rows if row.channel == Channel.PUSH])

    async def forget_device(self, caller: Principal, device_id: UUID) -> None:
        """Sends nothing to a device any more.

        Raises:
            DeviceNotFound: the caller has none with this id.
        """
        caller.require(Permission.NOTIFICATIONS_UPDATE_OWN)
        found = await self._database.transact(
            lambda connection: standing.forget_device(connection, caller.user_id, device_id),
            keyed=False,
        )
        if not found:
            raise DeviceNotFound


def concerns(workflow: Workflow, roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles may ever read what the workflow says."""
    if isinstance(workflow.reader, Role):
        return workflow.reader in roles
    if workflow.reader == "patient_id":
        return Role.PATIENT in roles
    if workflow.reader == "practitioner_id":
        return bool(roles & {Role.DOCTOR, Role.NURSE})
    return True


def _check(wish: Wish) -> None:
    if wish.workflow is None:
        return
    workflow = WORKFLOWS.get(wish.workflow)
    if workflow is None:
        raise WorkflowUnknown
    if wish.channel not in workflow.channels:
        raise ChannelNotOffered(f"{workflow.name} is told by {', '.join(workflow.channels)}")
    if workflow.essential and wish.enabled is False:
        raise CannotBeMuted(f"{workflow.name} is always told")


def _wall(value: time) -> time:
    return value.replace(tzinfo=None, microsecond=0)


def _preferences(connection: Connection, caller: Principal) -> Preferences:
    said = standing.read(connection, [caller.user_id])[caller.user_id]
    addresses = standing.list_addresses(connection, caller.user_id)
    return Preferences(
        quiet_hours=QuietHours(begins=said.quiet[0], ends=said.quiet[1]) if said.quiet else None,
        wishes=[
            Wish.model_validate({"workflow": of or None, "channel": channel, "enabled": enabled})
            for (of, channel), enabled in sorted(said.wishes.items())
        ],
        consents=[_consent(row) for row in addresses if row.channel != Channel.PUSH],
        workflows=[
            OfferedWorkflow(workflow=it.name, channels=_offered(it, said.wishes))
            for it in WORKFLOWS.values()
            if concerns(it, caller.roles)
        ],
    )


def _offered(workflow: Workflow, wishes: Any) -> list[OfferedChannel]:
    def enabled(channel: Channel) -> bool:
        default = channel not in workflow.on_request
        return workflow.essential or rules.is_wanted(
            wishes, workflow.name, channel, default=default
        )

    return [
        OfferedChannel(channel=it, enabled=enabled(it), essential=workflow.essential)
        for it in workflow.channels
    ]


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        channel=row.channel,
        address=row.address,
        status=row.status,
        source=row.source,
        changed_at=row.changed_at,
    )


def _device(row: Row[Any]) -> Device:
    return Device(id=row.id, platform=row.platform, status=row.status, registered_at=row.changed_at)
