"""Automatic log-off: who has been away too long loses the connection, and the sign-in behind it."""

import asyncio
from collections.abc import Collection
from typing import Final, Protocol
from uuid import UUID

from actors.session import Arrival
from deployments.errors import DomainError
from deployments.logs import get_logger
from deployments.notifications.live import Close, LiveInbox, Mailbox
from deployments.notifications.settings import NotificationSettings

log = get_logger("notifications")
RETRY_S: Final = 1.0


class SignIns(Protocol):
    """Who ends sign-ins; `UsersClient` is one."""

    async def end_idle_session(self, user_id: UUID, session_id: UUID) -> None:
        """Ends a sign-in; again changes nothing."""


class LogOff:
    """Closes idle connections at once, and ends their sign-ins as soon as users answers.

    Args:
        live: the connections of this process.
        users: who ends sign-ins.
    """

    def __init__(self, live: LiveInbox, users: SignIns) -> None:
        self._live = live
        self._users = users
        self._to_end: set[tuple[UUID, UUID]] = set()
        self._woken = asyncio.Event()

    def idle(self, device_ids: Collection[UUID]) -> None:
        """These connections are idle."""
        for principal in self._live.close(device_ids, Close.IDLE):
            if principal.session_id is not None:
                self._to_end.add((principal.user_id, principal.session_id))
        self._woken.set()

    async def run(self) -> None:
        """Ends sign-ins until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            for sign_in in list(self._to_end):
                try:
                    await self._users.end_idle_session(*sign_in)
                except DomainError as error:
                    log.warning("idle sign-in goes on", extra={"error": error.code})
                    self._woken.set()
                    await asyncio.sleep(RETRY_S)
                else:
                    self._to_end.discard(sign_in)


def arrival(mailbox: Mailbox, settings: NotificationSettings) -> Arrival:
    """How a connection is described to its shard."""
    principal = mailbox.principal
    return Arrival(
        person_id=principal.user_id,
        device_id=mailbox.device_id,
        sign_in=principal.session_id or mailbox.device_id,
        since=mailbox.since,
        active_at=mailbox.active_at,
        idle_after=settings.idle_after(principal.roles),
    )
