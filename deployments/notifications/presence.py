"""Who is connected: for the person, and for staff who may know it."""

from typing import Protocol
from uuid import UUID

from deployments.access import Permission, Principal, Role
from deployments.medical_records.client import KnownPatients
from deployments.notifications.errors import PersonUnknown, PresenceNotFound, PresenceUnknown
from deployments.notifications.live_sessions import LiveSessions
from deployments.notifications.schemas import LiveDevice, LiveDevices, Presence
from deployments.users.errors import UserNotFound
from deployments.users.schemas import Contact


class People(Protocol):
    """Who knows people; `UsersClient` is one."""

    async def get_contact(self, user_id: UUID) -> Contact:
        """How to reach one person; raises UserNotFound."""


class PresencePatients(KnownPatients):
    """Medical records, with the refusals of this service."""

    not_found = PersonUnknown
    cannot_check = PresenceUnknown


class PresenceService:
    """Presence and live devices.

    Args:
        sessions: of the whole hospital.
        people: who knows them.
        patients: who knows whom the caller treats.
    """

    def __init__(self, sessions: LiveSessions, people: People, patients: KnownPatients) -> None:
        self._sessions = sessions
        self._people = people
        self._patients = patients

    async def of(self, caller: Principal, person_id: UUID) -> Presence:
        """Whether a colleague, or a patient whom the caller treats, is connected.

        Raises:
            PresenceNotFound: nobody whose presence the caller may know.
            PresenceUnknown: nobody can say at the moment.
        """
        caller.require(Permission.NOTIFICATIONS_SEE_PRESENCE)
        if not await self._may_know(caller, person_id):
            raise PresenceNotFound
        found = await self._sessions.presence(person_id)
        return Presence(person_id=person_id, online=found.devices > 0, active_at=found.active_at)

    async def own_devices(self, caller: Principal) -> LiveDevices:
        """The caller's live connections, on whatever replica.

        Raises:
            PresenceUnknown: nobody can say at the moment.
        """
        caller.require(Permission.NOTIFICATIONS_READ_OWN)
        found = await self._sessions.devices_of(caller.user_id)
        presence = await self._sessions.presence(caller.user_id)
        items = [
            LiveDevice(id=it.device_id, session_id=it.sign_in, since=it.since, active_at=active_at)
            for it, active_at in sorted(found, key=lambda pair: pair[0].since)
        ]
        return LiveDevices(items=items, unread=presence.unread)

    async def _may_know(self, caller: Principal, person_id: UUID) -> bool:
        try:
            contact = await self._people.get_contact(person_id)
        except UserNotFound:
            return False
        if set(contact.roles) - {Role.PATIENT}:
            return True
        return await self._patients.treats(caller, person_id)
