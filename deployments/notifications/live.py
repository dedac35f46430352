"""The live inbox of one process: what stands in the database reaches the open connections.

The database is the truth and the buffer. A hint, from this process or a shard of patient sessions,
only says where to look now; without hints each inbox with a connection is looked at every second.
Plain classes: they know neither HTTP nor Ray.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final, Protocol
from uuid import UUID, uuid4

from deployments.access import Principal
from deployments.clock import utc_now
from deployments.notifications.errors import TooManySockets
from deployments.notifications.schemas import InboxCounters, Notification

QUEUE: Final = 64
"""Messages that wait in memory for one connection (rule R29); the rest waits in the database."""
POLL_S: Final = 1.0
WATCH_S: Final = 0.5
PER_PERSON: Final = 8
PER_PROCESS: Final = 2000

Position = tuple[UUID, int]
"""A place in somebody's inbox: the person, and the number of the last notification before it."""


class Close(IntEnum):
    """Why a connection is closed (RFC 6455 section 7.4; those above 4000 are ours)."""

    GOING_AWAY = 1001
    POLICY = 1008
    TOO_BIG = 1009
    FAILED = 1011
    TRY_LATER = 1013
    SIGN_IN = 4401
    IDLE = 4408


class Source(Protocol):
    """Where notifications come from; `NotificationService` is one."""

    async def counters_of(self, recipients: Sequence[UUID]) -> Mapping[UUID, InboxCounters]:
        """Unread count and newest number of each; people never told are left out."""

    async def newer_than(
        self, positions: Collection[Position], limit: int
    ) -> Mapping[Position, Sequence[Notification]]:
        """For each position up to `limit` notifications above it, in order."""


class Closed(Exception):
    """The mailbox is closed; `args[0]` is the `Close` code."""


class Mailbox:
    """What waits for one connection: bounded, in order, each number once.

    Args:
        principal: whose connection it is.
        after: number of the last notification that the client has.
        refill: called when there is room again and more waits in the database.
        greeted: the counters that the client was told; without them it is told no counts.

    Attributes:
        device_id: names this connection.
        since: when it was opened.
        active_at: the last sign of the person on it.
    """

    def __init__(
        self,
        principal: Principal,
        after: int,
        refill: Callable[[], None],
        greeted: InboxCounters | None = None,
    ) -> None:
        self.principal = principal
        self.device_id = uuid4()
        self.since = utc_now()
        self.active_at: datetime | None = None
        self.closed: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self._last = after
        self._refill = refill
        self._greeted = greeted
        self._more = False
        self._waiting: asyncio.Queue[Notification | int] = asyncio.Queue(QUEUE)

    @property
    def position(self) -> Position:
        """Up to where it was filled."""
        return self.principal.user_id, self._last

    @property
    def has_room(self) -> bool:
        """Whether another message may wait."""
        return not self._waiting.full()

    def put(self, notifications: Sequence[Notification]) -> None:
        """Takes those that come next, as many as there is room for."""
        for notification in notifications:
            if self._waiting.full():
                break
            self._waiting.put_nowait(notification)
            self._last = notification.number
            self._add(notification)
        self._more = self._waiting.full() or len(notifications) == QUEUE

    def count(self, counters: InboxCounters) -> None:
        """Tells how many are unread when the client, who has everything, must think otherwise."""
        if self._greeted is None or counters.last_number != self._last or not self.has_room:
            return
        if counters.unread != self._greeted.unread:
            self._waiting.put_nowait(counters.unread)
            self._greeted = counters

    async def take(self) -> Notification | int:
        """Waits for the next notification, or for a new count of unread ones."""
        taken = await self._waiting.get()
        if self._more and self._waiting.qsize() <= QUEUE // 2:
            self._more = False
            self._refill()
        return taken

    def _add(self, notification: Notification) -> None:
        """Counts as the client does: what is newer than the greeting and was not read."""
        greeted = self._greeted
        if greeted and notification.number > greeted.last_number and not notification.read_at:
            number, unread = notification.number, greeted.unread + 1
            self._greeted = InboxCounters(unread=unread, last_number=number)

    def close(self, code: Close) -> None:
        """Has the connection closed; the first reason counts."""
        if not self.closed.done():
            self.closed.set_result(code)


class LiveInbox:
    """All connections of one process, by person.

    Args:
        source: of notifications.
        is_live: whether the token behind a principal is still good.

    Attributes:
        unread: by connected person, as last counted.
        changed: called with a person whose connections, signs or count have changed.
    """

    def __init__(self, source: Source, is_live: Callable[[Principal], bool]) -> None:
        self._source = source
        self._is_live = is_live
        self._mailboxes: defaultdict[UUID, set[Mailbox]] = defaultdict(set)
        self.unread: dict[UUID, int] = {}
        self.changed: Callable[[UUID], None] = lambda _: None
        self._hinted: set[UUID] = set()
        self._woken = asyncio.Event()

    def __len__(self) -> int:
        return sum(len(boxes) for boxes in self._mailboxes.values())

    def join(
        self, principal: Principal, after: int, greeted: InboxCounters | None = None
    ) -> Mailbox:
        """Opens a mailbox that gets everything above `after`.

        Raises:
            TooManySockets: the person or the process has as many as it may.
        """
        if len(self) >= PER_PROCESS:
            raise TooManySockets("this process is full")
        mine = self._mailboxes.get(principal.user_id, ())
        if len(mine) >= PER_PERSON:
            raise TooManySockets(f"at most {PER_PERSON} per person")
        mailbox = Mailbox(principal, after, lambda: self.hint([principal.user_id]), greeted)
        self._mailboxes[principal.user_id].add(mailbox)
        self.hint([principal.user_id])
        self.changed(principal.user_id)
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        """Forgets a mailbox at once."""
        user_id = mailbox.principal.user_id
        self._mailboxes[user_id].discard(mailbox)
        if not self._mailboxes[user_id]:
            del self._mailboxes[user_id]
            self.unread.pop(user_id, None)
        self.changed(user_id)

    def touch(self, mailbox: Mailbox) -> None:
        """The person gave a sign on this connection."""
        mailbox.active_at = utc_now()
        self.changed(mailbox.principal.user_id)

    def mailboxes(self) -> Iterator[Mailbox]:
        """Every open mailbox."""
        return (box for boxes in self._mailboxes.values() for box in boxes)

    def close(self, device_ids: Collection[UUID], code: Close) -> Sequence[Principal]:
        """Closes connections by their device; returns whose they were."""
        closed = [box for box in self.mailboxes() if box.device_id in device_ids]
        for mailbox in closed:
            mailbox.close(code)
        return [mailbox.principal for mailbox in closed]

    def hint(self, recipients: Collection[UUID]) -> None:
        """Says that there may be something new for these people."""
        here = self._mailboxes.keys() & set(recipients)
        if here:
            self._hinted |= here
            self._woken.set()

    async def run(self) -> None:
        """Serves the mailboxes until cancelled."""
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            if loop.time() >= next_poll:
                next_poll = loop.time() + POLL_S
                await self.poll()
            await self.deliver()
            await self._rest(next_poll)

    async def watch(self) -> None:
        """Ends connections of ended sessions until cancelled, which ends them all."""
        try:
            while True:
                self.close_revoked()
                await asyncio.sleep(WATCH_S)
        finally:
            for mailbox in self.mailboxes():
                mailbox.close(Close.GOING_AWAY)

    def close_revoked(self) -> None:
        """Closes connections whose token has expired or was revoked."""
        for mailbox in self.mailboxes():
            if not self._is_live(mailbox.principal):
                mailbox.close(Close.SIGN_IN)

    async def poll(self) -> None:
        """Looks, in one statement, who of the connected people has something new."""
        if self._mailboxes:
            counted = await self._source.counters_of(list(self._mailboxes))
            self.hint([id_ for id_, it in counted.items() if self._is_behind(id_, it.last_number)])
            for user_id, counters in counted.items():
                self._count(user_id, counters)

    async def deliver(self) -> None:
        """Fills the mailboxes of everybody who was hinted at, in one statement.

        Mailboxes without room are left out: they ask again when they have some.
        """
        hinted, self._hinted = self._hinted, set()
        self._woken.clear()
        by_position: defaultdict[Position, list[Mailbox]] = defaultdict(list)
        for user_id in hinted:
            for mailbox in self._mailboxes.get(user_id, ()):
                if mailbox.has_room:
                    by_position[mailbox.position].append(mailbox)
        if by_position:
            found = await self._source.newer_than(by_position, QUEUE)
            for position, notifications in found.items():
                for mailbox in by_position[position]:
                    mailbox.put(notifications)

    def _count(self, user_id: UUID, counters: InboxCounters) -> None:
        for mailbox in self._mailboxes.get(user_id, ()):
            mailbox.count(counters)
        if user_id in self._mailboxes and self.unread.get(user_id) != counters.unread:
            self.unread[user_id] = counters.unread
            self.changed(user_id)

    def _is_behind(self, user_id: UUID, number: int) -> bool:
        return any(box.position[1] < number for box in self._mailboxes.get(user_id, ()))

    async def _rest(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            pass
