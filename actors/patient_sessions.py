"""Who is connected, on which devices, and which replica must hear of what is new for them.

`PatientSessions` is plain and knows no Ray; `PatientSessionsShard` hosts it as an actor. All of it
is a cache: the database has the notifications, each replica knows its own sockets and says them
again to a shard that does not know it. Nothing here is written to the database, so two actors
that both believe to be the same shard (rule R11) harm nobody.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import psutil

from actors.session import AWAY, Arrival, Presence, Session

KIND: Final = "patient-sessions"
"""What the shards are called, with a number behind it."""
SILENT_AFTER: Final = timedelta(seconds=15)
"""A replica that has not asked for so long is gone, and its devices with it."""
KEEP_SIGNS: Final = timedelta(minutes=15)
LOOK_S: Final = 1.0


class Changes(NamedTuple):
    """What has changed at a replica.

    Attributes:
        arrivals: devices that have connected.
        departures: devices that are gone.
        signs: by device, when its person gave the last sign.
        unread: by person, what they have not read, as it was counted in the database.
        news: people who may have something new; the replica has looked after its own already.
    """

    arrivals: Sequence[Arrival] = ()
    departures: Sequence[UUID] = ()
    signs: Mapping[UUID, datetime] = {}
    unread: Mapping[UUID, int] = {}
    news: Sequence[UUID] = ()


@dataclass(slots=True)
class Orders:
    """What a replica is to do now.

    Attributes:
        known: False when the shard has never heard of the replica: it says its devices again.
        news: people who may have something new in their inbox.
        idle: devices whose person has been away too long.
    """

    known: bool = True
    news: set[UUID] = field(default_factory=set)
    idle: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        return not self.known or bool(self.news or self.idle)


@dataclass(slots=True)
class Replica:
    """A replica with sockets, and what waits for it: bounded by the number of its devices."""

    heard_at: datetime
    waiting: Orders = field(default_factory=Orders)
    devices: set[UUID] = field(default_factory=set)


class PatientSessions:
    """The state of one shard.

    Args:
        woken: called with the name of a replica for which something waits.
    """

    def __init__(self, woken: Callable[[str], None] = lambda _: None) -> None:
        self._woken = woken
        self._sessions: dict[UUID, Session] = {}
        self._people: dict[UUID, UUID] = {}
        self._replicas: dict[str, Replica] = {}

    def __len__(self) -> int:
        return len(self._people)

    def greet(self, replica: str, arrivals: Iterable[Arrival], now: datetime) -> None:
        """All devices of a replica, which replace what was known of it."""
        if replica in self._replicas:
            self._leave(list(self._replicas[replica].devices))
        self._replicas[replica] = Replica(now)
        self._enter(replica, arrivals)

    def change(self, replica: str, changes: Changes, now: datetime) -> None:
        """What has changed at a replica; who never greeted is only heard for news."""
        if replica in self._replicas:
            self._replicas[replica].heard_at = now
            self._enter(replica, changes.arrivals)
            self._leave(changes.departures)
            self._touch(changes.signs, now)
            self._count(changes.unread)
        self._tell(replica, changes.news)

    def collect(self, replica: str, now: datetime) -> Orders:
        """What waits for a replica; it is given once."""
        here = self._replicas.get(replica)
        if here is None:
            return Orders(known=False)
        here.heard_at = now
        orders, here.waiting = here.waiting, Orders()
        return orders

    def look_round(self, now: datetime) -> Sequence[str]:
        """Orders idle devices to be logged off; forgets replicas that went silent, and says which.

        An order that got lost is given again at the next look.
        """
        silent = [name for name, it in self._replicas.items() if now - it.heard_at > SILENT_AFTER]
        for name in silent:
            self._leave(list(self._replicas[name].devices))
            del self._replicas[name]
        for person_id, session in list(self._sessions.items()):
            for device_id, replica in session.idle_devices(now):
                self._replicas[replica].waiting.idle.add(device_id)
                self._woken(replica)
            session.forget_signs(now, KEEP_SIGNS)
            if not session.devices and not session.signs:
                del self._sessions[person_id]
        return silent

    def presence(self, people: Iterable[UUID]) -> dict[UUID, Presence]:
        """Who of them is connected."""
        found = {one: self._sessions.get(one) for one in people}
        return {one: session.presence() if session else AWAY for one, session in found.items()}

    def devices_of(self, person_id: UUID) -> Sequence[tuple[Arrival, datetime]]:
        """A person's devices, with the last sign on each sign-in."""
        session = self._sessions.get(person_id, Session())
        return [(it.arrival, session.last_sign(it)) for it in session.devices.values()]

    def _enter(self, replica: str, arrivals: Iterable[Arrival]) -> None:
        for arrival in arrivals:
            self._sessions.setdefault(arrival.person_id, Session()).enter(replica, arrival)
            self._people[arrival.device_id] = arrival.person_id
            self._replicas[replica].devices.add(arrival.device_id)

    def _leave(self, device_ids: Iterable[UUID]) -> None:
        for device_id in device_ids:
            if (person_id := self._people.pop(device_id, None)) is not None:
                device = self._sessions[person_id].devices.pop(device_id)
                here = self._replicas[device.replica]
                here.devices.discard(device_id)
                here.waiting.idle.discard(device_id)

    def _touch(self, signs: Mapping[UUID, datetime], now: datetime) -> None:
        for device_id, at in signs.items():
            if (person_id := self._people.get(device_id)) is not None:
                self._sessions[person_id].touch(device_id, min(at, now))

    def _count(self, unread: Mapping[UUID, int]) -> None:
        for person_id, number in unread.items():
            if person_id in self._sessions:
                self._sessions[person_id].unread = number

    def _tell(self, teller: str, people: Iterable[UUID]) -> None:
        for person_id in people:
            if (session := self._sessions.get(person_id)) is not None:
                for name in session.replicas() - {teller}:
                    self._replicas[name].waiting.news.add(person_id)
                    self._woken(name)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PatientSessionsShard:
    """The actor: `PatientSessions`, and replicas that wait for their orders.

    Args:
        name: how an operator sees it, `patient-sessions-0`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: dict[str, asyncio.Event] = {}
        self._state = PatientSessions(self._wake)
        self._looking: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return self._name

    async def greet(self, replica: str, arrivals: Sequence[Arrival]) -> None:
        """All devices of a replica."""
        self._state.greet(replica, arrivals, _utc_now())
        if self._looking is None:  # a constructor of an actor has no loop yet
            self._looking = asyncio.create_task(self._look_round())

    async def change(self, replica: str, changes: Changes) -> None:
        """What has changed at a replica."""
        self._state.change(replica, changes, _utc_now())

    async def wait(self, replica: str, patience_s: float) -> Orders:
        """What a replica is to do: at once when something waits, else when it comes or time is up.

        A replica asks again and again; it holds one call at a time, so that nothing is left
        behind when it goes.
        """
        if orders := self._state.collect(replica, _utc_now()):
            return orders
        event = self._events[replica] = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await event.wait()
        return self._state.collect(replica, _utc_now())

    async def presence(self, people: Sequence[UUID]) -> dict[UUID, Presence]:
        """Who of them is connected."""
        return self._state.presence(people)

    async def devices_of(self, person_id: UUID) -> Sequence[tuple[Arrival, datetime]]:
        """A person's devices, with the last sign on each."""
        return self._state.devices_of(person_id)

    async def size(self) -> tuple[int, int, int]:
        """Devices that it holds, its process, and that process's memory in bytes."""
        return len(self._state), os.getpid(), psutil.Process().memory_info().rss

    def _wake(self, replica: str) -> None:
        if replica in self._events:
            self._events[replica].set()

    async def _look_round(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for silent in self._state.look_round(_utc_now()):
                self._events.pop(silent, None)
