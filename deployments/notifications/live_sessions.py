"""This replica's side of patient sessions: it tells the shards of its sockets, and follows them.

A shard that dies takes nothing along: who is connected is said again to the next one, and what
is new is found by the poll of `LiveInbox` meanwhile.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from actors.patient_sessions import Changes, Orders
from actors.session import Arrival, Presence
from actors.shards import Shards, ShardUnavailable, shard_of, split
from deployments.background import Background
from deployments.notifications.errors import PresenceUnknown
from deployments.notifications.live import LiveInbox, Mailbox

WAIT_S: Final = 5.0
"""How long a shard holds one question for orders."""
ANSWER_S: Final = 2.0
RETRY_S: Final = 0.2


class ShardLink:
    """What this replica and one shard have told each other.

    Args:
        shards: all of them.
        number: of this one.
        replica: the name of this replica.
        arrivals: who is connected here and belongs to the shard, as of now.
        obey: carries out orders.
        unread: what a person has not read, when it was counted.
    """

    def __init__(
        self,
        shards: Shards,
        number: int,
        replica: str,
        *,
        arrivals: Callable[[int], Sequence[Arrival]],
        obey: Callable[[Orders], None],
        unread: Callable[[UUID], int | None],
    ) -> None:
        self._shards = shards
        self._number = number
        self._replica = replica
        self._arrivals = arrivals
        self._obey = obey
        self._unread = unread
        self._known = False
        self._told: dict[UUID, datetime | None] = {}
        self._changed: set[UUID] = set()
        self._news: set[UUID] = set()
        self._woken = asyncio.Event()

    def change(self, person_id: UUID) -> None:
        """Something about the person's connections here has changed."""
        self._changed.add(person_id)
        self._woken.set()

    def tell(self, people: Collection[UUID]) -> None:
        """Other replicas are to look into these inboxes."""
        self._news |= set(people)
        self._woken.set()

    async def follow(self) -> None:
        """Waits for orders and obeys them, until cancelled."""
        while True:
            try:
                if not self._known:
                    await self._greet()
                orders: Orders = await self._call("wait", WAIT_S, patience_s=WAIT_S + ANSWER_S)
            except ShardUnavailable:
                self._known = False
                await asyncio.sleep(RETRY_S)
                continue
            self._known = self._known and orders.known
            self._obey(orders)

    async def talk(self) -> None:
        """Tells what changes, in one call for all that came together, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            changes = self._take_changes()
            if any(changes):
                try:
                    await self._call("change", changes)
                except ShardUnavailable:  # it may have heard; so everything is said again
                    self._known = False

    async def _greet(self) -> None:
        arrivals = self._arrivals(self._number)
        self._told = {it.device_id: it.active_at for it in arrivals}
        self._changed = {it.person_id for it in arrivals}  # their counts come after
        await self._call("greet", arrivals)
        self._known = True
        self._woken.set()

    def _take_changes(self) -> Changes:
        """News always; the rest only to a shard that knows the replica."""
        news, self._news = self._news, set()
        if not self._known or not self._changed:
            return Changes(news=list(news))
        changed, self._changed = self._changed, set()
        here = {it.device_id: it for it in self._arrivals(self._number)}
        told, self._told = self._told, {id_: it.active_at for id_, it in here.items()}
        return Changes(
            arrivals=[it for id_, it in here.items() if id_ not in told],
            departures=[id_ for id_ in told if id_ not in here],
            signs={
                id_: it.active_at
                for id_, it in here.items()
                if it.active_at is not None and id_ in told and told[id_] != it.active_at
            },
            unread={id_: n for id_ in changed if (n := self._unread(id_)) is not None},
            news=list(news),
        )

    async def _call(self, method: str, *args: object, patience_s: float = ANSWER_S) -> Orders:
        answer: Orders = await self._shards.call(
            self._number, method, self._replica, *args, patience_s=patience_s
        )
        return answer


class LiveSessions:
    """The sockets of this replica among those of the whole hospital.

    Args:
        live: the connections of this process.
        shards: of patient sessions.
        arrival: how a connection is described to its shard.
        idle: told of each connection that is to be logged off.
    """

    def __init__(
        self,
        live: LiveInbox,
        shards: Shards,
        *,
        arrival: Callable[[Mailbox], Arrival],
        idle: Callable[[Collection[UUID]], None],
    ) -> None:
        self._live = live
        self._shards = shards
        self._arrival = arrival
        self._idle = idle
        self._links = [
            ShardLink(
                shards,
                number,
                uuid4().hex[:12],
                arrivals=self._arrivals,
                obey=self._obey,
                unread=live.unread.get,
            )
            for number in range(shards.count)
        ]
        live.changed = self._changed

    def start(self, background: Background) -> None:
        """Starts the loops: two for each shard."""
        for number, link in enumerate(self._links):
            background.start(f"patient-sessions-{number}-orders", link.follow)
            background.start(f"patient-sessions-{number}-changes", link.talk)

    def tell(self, people: Collection[UUID]) -> None:
        """After a commit: here at once, and soon in the others; never waits, never fails."""
        self._live.hint(people)
        for number, of_shard in split(people, self._shards.count).items():
            self._links[number].tell(of_shard)

    async def presence(self, person_id: UUID) -> Presence:
        """Whether the person is connected anywhere.

        Raises:
            PresenceUnknown: their shard does not answer.
        """
        found: dict[UUID, Presence] = await self._ask(person_id, "presence", [person_id])
        return found[person_id]

    async def devices_of(self, person_id: UUID) -> Sequence[tuple[Arrival, datetime]]:
        """The person's connections anywhere, with the last sign on each sign-in.

        Raises:
            PresenceUnknown: their shard does not answer.
        """
        found: Sequence[tuple[Arrival, datetime]] = await self._ask(
            person_id, "devices_of", person_id
        )
        return found

    async def _ask(self, person_id: UUID, method: str, *args: object) -> Any:
        try:
            number = shard_of(person_id, self._shards.count)
            return await self._shards.call(number, method, *args, patience_s=ANSWER_S)
        except ShardUnavailable:
            raise PresenceUnknown("try again in a few seconds") from None

    def _changed(self, person_id: UUID) -> None:
        self._links[shard_of(person_id, self._shards.count)].change(person_id)

    def _arrivals(self, number: int) -> Sequence[Arrival]:
        return [self._arrival(box) for box in self._of_shard(number)]

    def _of_shard(self, number: int) -> Iterable[Mailbox]:
        count = self._shards.count
        return (
            box
            for box in self._live.mailboxes()
            if shard_of(box.principal.user_id, count) == number
        )

    def _obey(self, orders: Orders) -> None:
        self._live.hint(orders.news)
        if orders.idle:
            self._idle(orders.idle)
