"""What is committed is delivered, takes effect once, in order, and poison stops nothing else."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, insert, select, text, update

from deployments.events import Envelope, Event
from deployments.listening import hear_each
from deployments.metrics import Metrics
from deployments.relay import Relay, backoff_s, is_hopeless
from storage import outbox
from storage.database import Database

LISTENER = "listener"


class Happened(Event):
    name: ClassVar[str] = "tests.happened.v1"
    aggregate_field: ClassVar[str] = "thing_id"
    thing_id: UUID
    step: int


def outgoing(event: Happened, listener: str = LISTENER) -> outbox.Outgoing:
    envelope = Envelope.of(event)
    return outbox.Outgoing(listener=listener, **envelope.model_dump())


class Listener:
    """Lets each event take effect once, in its own transaction, like a service does."""

    def __init__(self, database: Database, *, with_inbox: bool = True) -> None:
        self.database = database
        self.with_inbox = with_inbox
        self.poison: set[UUID] = set()
        self.heard = asyncio.Event()

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        return await hear_each(envelopes, {Happened: self._happened})

    async def _happened(self, event: Happened) -> None:
        if event.event_id in self.poison:
            raise RuntimeError("poison")

        def work(connection: Connection) -> None:
            first = outbox.receive(connection, event.event_id, event.name)
            if first or not self.with_inbox:
                connection.execute(
                    text("INSERT INTO effects (event) VALUES (:event)"),
                    {"event": event.model_dump_json()},
                )

        await self.database.transact(work)
        self.heard.set()

    async def effects(self) -> list[Happened]:
        rows = await self.database.read(
            lambda c: c.execute(text("SELECT event FROM effects ORDER BY number")).scalars().all()
        )
        return [Happened.model_validate_json(row) for row in rows]


@pytest.fixture
def listener(notifications_database: Database, red: Callable[[str], bool]) -> Iterator[Listener]:
    with notifications_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE effects (number serial, event text)"))
    yield Listener(notifications_database, with_inbox=not red("no-inbox"))
    with notifications_database.engine.begin() as connection:
        connection.execute(text("DROP TABLE effects"))


def relay_of(database: Database, listener: Listener) -> Relay:
    return Relay(database, {LISTENER: listener.hear}, Metrics())


async def pending(database: Database) -> int:
    lag = await database.read(outbox.lag)
    return lag.pending


async def drain(database: Database, relay: Relay, tries: int = 400) -> None:
    """Delivers until nothing is pending; time of waiting events is moved, not slept."""
    for _ in range(tries):
        if await pending(database) == 0:
            return
        await database.transact(
            lambda c: c.execute(update(outbox.outbox).values(due_at=text("now()"))), keyed=False
        )
        await relay.deliver_due()
    raise AssertionError("still pending")


@pytest.mark.parametrize("attempts", [1, 20, 1_100, 10**6])
def test_a_listener_may_be_away_for_days(attempts: int) -> None:
    assert 0 < backoff_s(attempts) <= 75


async def test_what_another_relay_delivered_is_not_parked(users_database: Database) -> None:
    event = Happened(thing_id=uuid4(), step=0)

    def slow_relay(connection: Connection) -> None:
        outbox.append(connection, [outgoing(event)])
        (row,) = outbox.lease(connection, 1, 15)
        outbox.settle(connection, [row.sequence])
        outbox.postpone(connection, row.sequence, "unreadable", None)

    await users_database.transact(slow_relay, keyed=False)
    assert (await users_database.read(outbox.lag)).dead == 0


async def test_events_of_one_thing_are_heard_in_order(
    users_database: Database, listener: Listener
) -> None:
    things = [uuid4() for _ in range(5)]
    events = [Happened(thing_id=thing, step=step) for step in range(10) for thing in things]
    await users_database.transact(
        lambda c: outbox.append(c, [outgoing(event) for event in events]), keyed=False
    )
    await drain(users_database, relay_of(users_database, listener))
    heard = await listener.effects()
    for thing in things:
        assert [e.step for e in heard if e.thing_id == thing] == list(range(10))


async def test_each_listener_is_served_apart(users_database: Database, listener: Listener) -> None:
    event = Happened(thing_id=uuid4(), step=1)
    await users_database.transact(
        lambda c: outbox.append(c, [outgoing(event, "absent"), outgoing(event)]), keyed=False
    )
    await relay_of(users_database, listener).deliver_due()
    assert [e.event_id for e in await listener.effects()] == [event.event_id]
    assert await pending(users_database) == 1


async def test_nothing_is_lost_or_doubled_when_relays_die(
    users_database: Database, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 writers, 4 relays that are killed again and again, leases that run out."""
    monkeypatch.setattr("deployments.relay.LEASE_S", 0.05)
    chance = random.Random(7)
    written: list[UUID] = []

    async def write(count: int) -> None:
        for step in range(count):
            event = Happened(thing_id=uuid4(), step=step)
            await users_database.transact(
                lambda c, event=event: outbox.append(c, [outgoing(event)]), keyed=False
            )
            written.append(event.event_id)

    async def relay_and_die() -> None:
        while True:
            task = asyncio.create_task(relay_of(users_database, listener).run())
            await asyncio.wait([task], timeout=chance.uniform(0.01, 0.15))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    relays = [asyncio.create_task(relay_and_die()) for _ in range(4)]
    await asyncio.gather(*(write(75) for _ in range(8)))
    for relay in relays:
        relay.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    await drain(users_database, relay_of(users_database, listener))
    effects = Counter(event.event_id for event in await listener.effects())
    assert set(effects) == set(written)
    assert set(effects.values()) == {1}


async def test_poison_is_parked_and_the_rest_goes_through(
    users_database: Database, listener: Listener
) -> None:
    events = [Happened(thing_id=uuid4(), step=1) for _ in range(200)]
    listener.poison = {event.event_id for event in events[::50]}
    await users_database.transact(
        lambda c: outbox.append(c, [outgoing(event) for event in events]), keyed=False
    )
    relay = relay_of(users_database, listener)
    for _ in range(4):
        await relay.deliver_due()
    assert len(await listener.effects()) == 196
    await drain(users_database, relay)
    lag = await users_database.read(outbox.lag)
    assert (lag.pending, lag.dead) == (0, 4)
    listener.poison.clear()
    assert await users_database.transact(outbox.replay, keyed=False) == 4
    await drain(users_database, relay)
    assert len(await listener.effects()) == 200


async def test_a_listener_that_is_away_is_waited_for(users_database: Database) -> None:
    from deployments.errors import Unavailable  # noqa: PLC0415

    async def away(_envelopes: list[Envelope]) -> list[str | None]:
        raise Unavailable("restarting")

    event = Happened(thing_id=uuid4(), step=1)
    await users_database.transact(
        lambda c: c.execute(insert(outbox.outbox).values(**vars(outgoing(event)), attempts=50)),
        keyed=False,
    )
    await Relay(users_database, {LISTENER: away}, Metrics()).deliver_due()
    row: Any = await users_database.read(lambda c: c.execute(select(outbox.outbox)).one())
    assert (row.state, row.error) == ("pending", "unavailable")


async def test_an_event_nobody_can_read_is_refused_and_not_lost(
    users_database: Database, listener: Listener
) -> None:
    broken = outgoing(Happened(thing_id=uuid4(), step=1))
    broken.payload.pop("step")
    await users_database.transact(lambda c: outbox.append(c, [broken]), keyed=False)
    await drain(users_database, relay_of(users_database, listener))
    row: Any = await users_database.read(lambda c: c.execute(select(outbox.outbox)).one())
    assert (row.state, row.error, row.attempts) == ("dead", "unreadable", 5)


async def test_a_commit_wakes_the_relay(users_database: Database, listener: Listener) -> None:
    relay = relay_of(users_database, listener)
    users_database.committed = relay.wake
    running = asyncio.create_task(relay.run())
    event = Happened(thing_id=uuid4(), step=1)
    await users_database.transact(lambda c: outbox.append(c, [outgoing(event)]), keyed=False)
    async with asyncio.timeout(0.8):  # sooner than the poll
        await listener.heard.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_waiting_doubles_to_a_limit() -> None:
    assert [round(backoff_s(n) / (0.25 * 2**n)) for n in range(6)] == [1] * 6
    assert backoff_s(50) <= 75


@pytest.mark.parametrize(
    ("attempts", "error", "hopeless"),
    [(4, "RuntimeError", False), (5, "RuntimeError", True), (500, "unavailable", False)],
)
def test_when_to_give_up(attempts: int, error: str, hopeless: bool) -> None:
    assert is_hopeless(attempts, error) is hopeless
