"""Hears events and tells people: one transaction per event, inbox row and effect together."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from deployments.clock import Clock, utc_now
from deployments.errors import DomainError, Unavailable
from deployments.events import Envelope, Event
from deployments.listening import hear_each
from deployments.notifications.composing import ANYTHING, People, compose, people_in
from deployments.notifications.gathering import gather
from deployments.notifications.members import Members, Roster
from deployments.notifications.reaching import Means
from deployments.notifications.telling import hold_once, tell_once
from deployments.notifications.workflows import BY_EVENT, ROLES
from deployments.users.schemas import Contact
from storage.database import Database, DatabaseUnavailable

KNOWN: Final = {event.name: event for event in BY_EVENT}
LANES: Final = 4
"""Events heard side by side: fewer than database threads, so that requests get some too."""
Told = Callable[[Collection[UUID]], None]
"""Called after COMMIT with the people who were told something."""


class Directory(Roster, Protocol):
    """Who people are and how to reach them; `UsersClient` is one."""

    async def get_contacts(self, user_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """Contacts of several people; unknown ids are left out."""


class Listener:
    """The listening end of this service.

    Args:
        database: the service's.
        users: who knows names, languages, zones and addresses.
        told: wakes live connections and the sender.
        means: what the house can reach people by.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        users: Directory,
        *,
        told: Told,
        means: Means = ANYTHING,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._users = users
        self._told = told
        self._means = means
        self._clock = clock
        self._members = Members(users, clock)
        self._lanes = asyncio.Semaphore(LANES)

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Lets each event take effect once; None for each that did, else an error code.

        Events about one thing are heard in order, those about different things side by side.
        The people of all of them are asked for at once, before any transaction.
        """
        try:
            people = await self.people_of(envelopes)
        except DomainError as error:
            return [error.code] * len(envelopes)
        except DatabaseUnavailable:
            return [Unavailable.code] * len(envelopes)
        by_thing: defaultdict[UUID, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            by_thing[envelope.aggregate_id].append(envelope)
        outcomes: dict[UUID, str | None] = {}
        await asyncio.gather(*(self._hear(lane, people, outcomes) for lane in by_thing.values()))
        return [outcomes[envelope.event_id] for envelope in envelopes]

    async def people_of(self, envelopes: Sequence[Envelope]) -> People:
        """Everybody whom the events name, and who has a role that is told of them."""
        roles = {role for it in envelopes for role in ROLES.get(it.name, ())}
        members = await self._members.of(roles)
        wanted = sorted(_named_in(envelopes).union(*members.values()))
        contacts = await self._users.get_contacts(wanted)
        return await self._database.read(
            lambda connection: gather(connection, contacts, self._means, members)
        )

    async def _hear(
        self, lane: list[Envelope], people: People, outcomes: dict[UUID, str | None]
    ) -> None:
        async with self._lanes:
            heard = await hear_each(lane, dict.fromkeys(BY_EVENT, partial(self._tell, people)))
        for envelope, outcome in zip(lane, heard, strict=True):
            outcomes[envelope.event_id] = outcome

    async def _tell(self, people: People, event: Event) -> None:
        now = self._clock()
        if (due_at := _not_before(event)) is not None and due_at > now:
            await self._database.transact(
                lambda connection: hold_once(connection, event, due_at), keyed=False
            )
            return
        telling = compose(event, BY_EVENT[type(event)], people)
        told = await self._database.transact(
            lambda connection: tell_once(connection, event, telling, now), keyed=False
        )
        if told:
            self._told(told)


def _not_before(event: Event) -> datetime | None:
    """From when an event may be told: the latest of its workflows that tell it."""
    told = [workflow for workflow in BY_EVENT[type(event)] if workflow.applies(event)]
    times = [time for workflow in told if (time := workflow.not_before(event)) is not None]
    return max(times, default=None)


def _named_in(envelopes: Sequence[Envelope]) -> set[UUID]:
    """Whom the events name; one that cannot be read names nobody, and is refused later."""
    people: set[UUID] = set()
    for envelope in envelopes:
        if envelope.name in KNOWN:
            with suppress(ValidationError):
                people |= set(people_in(envelope.open(KNOWN[envelope.name])))
    return people
