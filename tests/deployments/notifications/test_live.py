"""The live inbox, without sockets: order, bounds, hints, ended sessions."""

import asyncio
from collections import defaultdict
from uuid import UUID, uuid4

import pytest

from deployments.notifications.errors import TooManySockets
from deployments.notifications.live import PER_PERSON, QUEUE, Close, LiveInbox
from deployments.notifications.schemas import InboxCounters, Notification
from tests.factories.notifications import MONDAY, principal


class Inboxes:
    """Notifications in memory, read as the service reads them."""

    def __init__(self) -> None:
        self.kept: defaultdict[UUID, list[Notification]] = defaultdict(list)
        self.reads = 0

    def add(self, user_id: UUID, count: int = 1) -> None:
        for _ in range(count):
            self.kept[user_id].append(
                Notification(
                    id=uuid4(),
                    number=len(self.kept[user_id]) + 1,
                    workflow="users.registered",
                    locale="en",
                    title="Hello",
                    body="Hello",
                    data={},
                    status="delivered",
                    created_at=MONDAY,
                    read_at=None,
                    archived_at=None,
                )
            )

    async def counters_of(self, recipients):
        return {
            id_: InboxCounters(unread=self.unread(id_), last_number=len(self.kept[id_]))
            for id_ in recipients
            if self.kept[id_]
        }

    def unread(self, user_id):
        return sum(it.read_at is None for it in self.kept[user_id])

    async def newer_than(self, positions, limit):
        self.reads += 1
        return {(id_, after): self.kept[id_][after : after + limit] for id_, after in positions}


@pytest.fixture
def inboxes():
    return Inboxes()


@pytest.fixture
def ended():
    return set()


@pytest.fixture
def live(inboxes, ended):
    return LiveInbox(inboxes, lambda it: it.user_id not in ended)


@pytest.fixture
def me():
    return principal(uuid4())


async def taken(mailbox, count):
    async with asyncio.timeout(5):
        return [(await mailbox.take()).number for _ in range(count)]


async def test_what_was_missed_comes_first_then_what_is_new(live, inboxes, me):
    inboxes.add(me.user_id, 5)
    mailbox = live.join(me, after=2)
    await live.deliver()
    assert await taken(mailbox, 3) == [3, 4, 5]
    inboxes.add(me.user_id)
    live.hint([me.user_id])
    await live.deliver()
    assert await taken(mailbox, 1) == [6]


async def test_a_slow_reader_holds_a_bounded_number(live, inboxes, me):
    inboxes.add(me.user_id, 10 * QUEUE)
    mailbox = live.join(me, after=0)
    for _ in range(5):
        live.hint([me.user_id])
        await live.deliver()
    assert mailbox.position == (me.user_id, QUEUE)
    assert not mailbox.has_room


async def test_a_long_absence_is_caught_up_without_waiting_for_polls(live, inboxes, me):
    inboxes.add(me.user_id, 1000)
    mailbox = live.join(me, after=0)
    loop = asyncio.create_task(live.run())
    began = asyncio.get_running_loop().time()
    assert await taken(mailbox, 1000) == list(range(1, 1001))
    assert asyncio.get_running_loop().time() - began < 0.9
    loop.cancel()


async def test_without_hints_the_poll_finds_it(live, inboxes, me):
    mailbox = live.join(me, after=0)
    await live.deliver()
    inboxes.add(me.user_id)
    await live.deliver()
    assert mailbox.position == (me.user_id, 0)
    await live.poll()
    await live.deliver()
    assert await taken(mailbox, 1) == [1]


async def test_two_devices_are_served_from_where_each_is(live, inboxes, me):
    inboxes.add(me.user_id, 200)
    behind, current = live.join(me, after=0), live.join(me, after=199)
    await live.deliver()
    assert await taken(current, 1) == [200]
    assert await taken(behind, 2) == [1, 2]


async def test_devices_in_step_share_one_read(live, inboxes, me):
    for _ in range(3):
        live.join(me, after=0)
    inboxes.add(me.user_id)
    await live.deliver()
    assert inboxes.reads == 1


async def test_a_hint_during_a_read_is_not_lost(live, inboxes, me):
    mailbox = live.join(me, after=0)
    read = inboxes.newer_than

    async def read_and_then_something_happens(positions, limit):
        found = await read(positions, limit)
        inboxes.add(me.user_id)
        live.hint([me.user_id])
        return found

    inboxes.newer_than = read_and_then_something_happens
    await live.deliver()
    inboxes.newer_than = read
    await live.deliver()
    assert await taken(mailbox, 1) == [1]


async def test_hints_for_strangers_cost_nothing(live, inboxes):
    live.hint([uuid4()])
    await live.deliver()
    await live.poll()
    assert inboxes.reads == 0


async def test_ended_sessions_are_closed(live, ended, me):
    mine, other = live.join(me, 0), live.join(principal(uuid4()), 0)
    ended.add(me.user_id)
    live.close_revoked()
    assert mine.closed.result() == Close.SIGN_IN
    assert not other.closed.done()


async def test_shutdown_closes_everybody(live, me):
    mailbox = live.join(me, 0)
    watch = asyncio.create_task(live.watch())
    await asyncio.sleep(0)
    watch.cancel()
    assert await mailbox.closed == Close.GOING_AWAY


async def test_a_person_has_a_bounded_number_of_sockets(live, me):
    mailboxes = [live.join(me, 0) for _ in range(PER_PERSON)]
    with pytest.raises(TooManySockets):
        live.join(me, 0)
    live.leave(mailboxes[0])
    live.join(me, 0)
    assert len(live) == PER_PERSON


async def test_a_full_process_takes_nobody_else(live, monkeypatch):
    monkeypatch.setattr("deployments.notifications.live.PER_PROCESS", 3)
    for _ in range(3):
        live.join(principal(uuid4()), 0)
    with pytest.raises(TooManySockets):
        live.join(principal(uuid4()), 0)


async def test_a_closed_socket_is_forgotten(live, inboxes, me):
    mailbox = live.join(me, 0)
    live.leave(mailbox)
    inboxes.add(me.user_id)
    live.hint([me.user_id])
    await live.deliver()
    assert (len(live), inboxes.reads) == (0, 0)
