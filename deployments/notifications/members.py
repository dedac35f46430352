"""Who has a role, asked of users and kept for a while."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from deployments.access import Role
from deployments.clock import Clock, utc_now

KEPT: Final = timedelta(seconds=15)
"""How long somebody who has joined or left a role may be overlooked."""


class Roster(Protocol):
    """Who knows everybody's roles; `UsersClient` is one."""

    async def list_members(self, role: Role) -> list[UUID]:
        """Everybody who has the role and an active account."""


class Members:
    """Everybody of a role.

    Args:
        roster: who knows.
        clock: the time.
    """

    def __init__(self, roster: Roster, clock: Clock = utc_now) -> None:
        self._roster = roster
        self._clock = clock
        self._known: dict[Role, tuple[datetime, Sequence[UUID]]] = {}

    async def of(self, roles: Collection[Role]) -> dict[Role, Sequence[UUID]]:
        """Ids of the active people of each role.

        Raises:
            Unavailable: users does not answer.
        """
        if not roles:
            return {}
        found = await asyncio.gather(*(self._of(role) for role in roles))
        return dict(zip(roles, found, strict=True))

    async def _of(self, role: Role) -> Sequence[UUID]:
        now = self._clock()
        asked, members = self._known.get(role, (now - KEPT, ()))
        if now - asked < KEPT:
            return members
        members = await self._roster.list_members(role)
        if members:  # that nobody is there yet is worth asking again
            self._known[role] = now, members
        return members
