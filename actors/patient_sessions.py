"""Who is connected, on which devices, and which replica must hear of what is new for them.

`PatientSessions` is plain and knows no Ray; `PatientSessionsShard` hosts it as an actor. All of it
is a cache: the database has the notifications, each replica knows its own sockets and says them
again to a shard that does not know it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from actors.session import AWAY, Arrival, Device, Presence, Session

SILENT_AFTER: Final = timedelta(seconds=15)
"""A replica that has not asked for so long is gone, and its devices with it."""
LOOK_S: Final = 1.0


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

    def enter(self, replica: str, arrivals: Iterable[Arrival], now: datetime) -> None:
        """Devices have connected to a replica; saying it again changes nothing."""
        here = self._replicas.setdefault(replica, Replica(now))
        for arrival in arrivals:
            session = self._sessions.setdefault(arrival.person_id, Session())
            if arrival.device_id not in session.devices:
                session.devices[arrival.device_id] = Device(replica, arrival, now)
            self._people[arrival.device_id] = arrival.person_id
            here.devices.add(arrival.device_id)

    def leave(self, device_ids: Iterable[UUID]) -> None:
        """Devices are gone: forgotten at once."""
        for device_id in device_ids:
            person_id = self._people.pop(device_id, None)
            if person_id is None:
                continue
            session = self._sessions[person_id]
            device = session.devices.pop(device_id)
            if not session.devices:
                del self._sessions[person_id]
            if device.replica in self._replicas:
                here = self._replicas[device.replica]
                here.devices.discard(device_id)
                here.waiting.idle.discard(device_id)

    def touch(self, device_ids: Iterable[UUID], now: datetime) -> None:
        """Their people gave a sign."""
        for device_id in device_ids:
            if (person_id := self._people.get(device_id)) is not None:
                self._sessions[person_id].devices[device_id].active_at = now

    def count(self, unread: Mapping[UUID, int]) -> None:
        """How much each has not read, as it was counted in the database."""
        for person_id, number in unread.items():
            if person_id in self._sessions:
                self._sessions[person_id].unread = number

    def tell(self, people: Iterable[UUID]) -> None:
        """Something new may be in their inboxes; each replica with a socket of theirs hears it."""
        for person_id in people:
            if (session := self._sessions.get(person_id)) is not None:
                for name in session.replicas():
                    self._replicas[name].waiting.news.add(person_id)
                    self._woken(name)

    def collect(self, replica: str, now: datetime) -> Orders:
        """What waits for a replica; it is given once."""
        here = self._replicas.get(replica)
        if here is None:
            self._replicas[replica] = Replica(now)
            return Orders(known=False)
        here.heard_at = now
        orders, here.waiting = here.waiting, Orders()
        return orders

    def look_round(self, now: datetime) -> None:
        """Idle devices are to be logged off; replicas that went silent are forgotten."""
        for name, here in list(self._replicas.items()):
            if now - here.heard_at > SILENT_AFTER:
                self.leave(list(here.devices))
                del self._replicas[name]
        for session in self._sessions.values():
            for device_id, device in session.devices.items():
                if device.is_idle(now):
                    self._replicas[device.replica].waiting.idle.add(device_id)
                    self._woken(device.replica)

    def presence(self, people: Iterable[UUID]) -> dict[UUID, Presence]:
        """Who of them is connected."""
        known = {one: self._sessions[one].presence() for one in people if one in self._sessions}
        return {one: known.get(one, AWAY) for one in people}

    def devices_of(self, person_id: UUID) -> Sequence[tuple[Arrival, datetime]]:
        """A person's devices, with the last sign on each."""
        session = self._sessions.get(person_id, Session())
        return [(device.arrival, device.active_at) for device in session.devices.values()]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PatientSessionsShard:
    """The actor: `PatientSessions`, and replicas that wait for their orders."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self._state = PatientSessions(self._wake)
        self._looking = asyncio.get_running_loop().create_task(self._look_round())

    async def say(
        self,
        replica: str,
        arrivals: Sequence[Arrival] = (),
        departures: Collection[UUID] = (),
        signs: Collection[UUID] = (),
        unread: Mapping[UUID, int] | None = None,
    ) -> None:
        """What has changed at a replica."""
        now = _utc_now()
        self._state.enter(replica, arrivals, now)
        self._state.leave(departures)
        self._state.touch(signs, now)
        self._state.count(unread or {})

    async def tell(self, people: Collection[UUID]) -> None:
        """Something new may be in their inboxes."""
        self._state.tell(people)

    async def wait(self, replica: str, patience_s: float) -> Orders:
        """What a replica is to do: at once when something waits, else when it comes or time is up.

        A replica asks again and again; it holds one call at a time, so that nothing is left
        behind when it goes.
        """
        event = self._events.setdefault(replica, asyncio.Event())
        event.clear()
        if orders := self._state.collect(replica, _utc_now()):
            return orders
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

    async def size(self) -> int:
        """How many devices it holds."""
        return len(self._state)

    def _wake(self, replica: str) -> None:
        if replica in self._events:
            self._events[replica].set()

    async def _look_round(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._state.look_round(_utc_now())
