"""The state of a shard, without Ray: who hears of what, who is idle, what is forgotten when."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from actors.patient_sessions import (
    SILENT_AFTER,
    Changes,
    PatientSessions,
    PatientSessionsShard,
)
from actors.session import AWAY, Arrival
from actors.shards import shard_of, split

NOON = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def device(person: UUID, **about) -> Arrival:
    given = {
        "person_id": person,
        "device_id": uuid4(),
        "sign_in": uuid4(),
        "since": NOON,
        "active_at": None,
        "idle_after": QUARTER,
    }
    return Arrival(**given | about)


@pytest.fixture
def woken():
    return []


@pytest.fixture
def state(woken):
    return PatientSessions(woken.append)


def alive(state, now, *replicas):
    """Replicas ask, as they do every few seconds; returns the idle devices of each."""
    return [state.collect(replica, now).idle for replica in replicas]


def test_news_reach_each_other_replica_with_a_socket_once(state, woken):
    me, other = uuid4(), uuid4()
    state.greet("a", [device(me), device(me)], NOON)
    state.greet("b", [device(me)], NOON)
    state.greet("c", [device(other)], NOON)
    state.change("a", Changes(news=[me, uuid4()]), NOON)
    assert woken == ["b"]
    assert state.collect("b", NOON).news == {me}
    assert not state.collect("b", NOON)
    assert not state.collect("a", NOON)
    assert not state.collect("c", NOON)


def test_a_replica_without_sockets_may_tell_news(state):
    me = uuid4()
    state.greet("a", [device(me)], NOON)
    state.change("stranger", Changes(news=[me]), NOON)
    assert state.collect("a", NOON).news == {me}


def test_a_new_shard_asks_to_be_told_everything(state):
    me = uuid4()
    assert not state.collect("a", NOON).known
    state.change("a", Changes(arrivals=[device(me)]), NOON)
    assert not state.collect("a", NOON).known
    assert len(state) == 0
    state.greet("a", [device(me)], NOON)
    assert state.collect("a", NOON).known
    assert len(state) == 1


def test_greeting_again_replaces_what_was_known(state):
    me, stays = uuid4(), uuid4()
    kept = device(stays)
    state.greet("a", [device(me), kept], NOON)
    state.greet("a", [kept], NOON)
    assert len(state) == 1
    assert state.presence([me, stays])[me] == AWAY


def test_a_closed_socket_is_forgotten_at_once(state):
    me = device(uuid4())
    state.greet("a", [me], NOON)
    state.change("a", Changes(departures=[me.device_id]), NOON)
    assert len(state) == 0
    assert state.presence([me.person_id]) == {me.person_id: AWAY}
    state.change("b", Changes(news=[me.person_id]), NOON)
    assert not state.collect("a", NOON)


def test_presence_is_the_last_sign_on_any_device(state):
    me = uuid4()
    phone, desk = device(me), device(me, since=later(1))
    state.greet("a", [phone], NOON)
    state.greet("b", [desk], NOON)
    state.change("a", Changes(signs={phone.device_id: later(2)}, unread={me: 3}), later(2))
    assert state.presence([me])[me] == (2, later(2), 3)
    assert {it.device_id: at for it, at in state.devices_of(me)} == {
        phone.device_id: later(2),
        desk.device_id: later(1),
    }


def test_idle_devices_are_ordered_off_until_they_are_gone(state, woken):
    me = device(uuid4())
    state.greet("a", [me], NOON)
    state.look_round(later(0.2))
    assert alive(state, later(14.9), "a") == [set()]
    state.look_round(later(15))
    assert woken == ["a"]
    assert alive(state, later(15), "a") == [{me.device_id}]
    state.look_round(later(15.1))
    assert alive(state, later(15.1), "a") == [{me.device_id}]
    state.change("a", Changes(departures=[me.device_id]), later(15.1))
    state.look_round(later(15.2))
    assert alive(state, later(15.2), "a") == [set()]


def test_a_sign_on_one_device_keeps_the_others_of_the_sign_in(state):
    me, sign_in = uuid4(), uuid4()
    one, two = device(me, sign_in=sign_in), device(me, sign_in=sign_in)
    elsewhere = device(me)
    state.greet("a", [one, elsewhere], NOON)
    state.greet("b", [two], NOON)
    state.change("b", Changes(signs={two.device_id: later(10)}), later(10))
    alive(state, later(15), "a", "b")
    state.look_round(later(15))
    assert alive(state, later(15), "a", "b") == [{elsewhere.device_id}, set()]


def test_connecting_again_is_no_sign(state):
    me, sign_in = uuid4(), uuid4()
    first = device(me, sign_in=sign_in)
    state.greet("a", [first], NOON)
    state.change("a", Changes(departures=[first.device_id]), later(10))
    again = device(me, sign_in=sign_in, since=later(10))
    state.change("a", Changes(arrivals=[again]), later(10))
    alive(state, later(15), "a")
    state.look_round(later(15))
    assert alive(state, later(15), "a") == [{again.device_id}]


def test_a_new_shard_learns_the_last_sign_from_the_replica(state):
    me = device(uuid4(), active_at=later(10))
    state.greet("a", [me], later(11))
    state.look_round(later(11))
    alive(state, later(16), "a")
    state.look_round(later(16))
    assert alive(state, later(16), "a") == [set()]


def test_software_is_never_idle(state):
    robot = device(uuid4(), idle_after=None)
    state.greet("a", [robot], NOON)
    alive(state, later(600), "a")
    state.look_round(later(600))
    assert alive(state, later(600), "a") == [set()]


def test_a_silent_replica_is_forgotten_with_its_devices(state):
    me = uuid4()
    state.greet("a", [device(me)], NOON)
    assert state.look_round(NOON + SILENT_AFTER) == []
    assert state.look_round(NOON + SILENT_AFTER + timedelta(seconds=1)) == ["a"]
    assert len(state) == 0
    assert not state.collect("a", NOON).known


def test_signs_of_who_left_are_forgotten_when_they_are_old(state):
    me = device(uuid4())
    state.greet("a", [me], NOON)
    state.change("a", Changes(departures=[me.device_id]), NOON)
    state.look_round(later(0.1))
    assert me.person_id in state._sessions
    state.look_round(later(15))
    assert state._sessions == {}


def test_a_sign_from_the_future_counts_as_now(state):
    me = device(uuid4())
    state.greet("a", [me], NOON)
    state.change("a", Changes(signs={me.device_id: later(1000)}), later(1))
    assert state.presence([me.person_id])[me.person_id].active_at == later(1)


def test_keys_are_spread_and_found_again():
    people = [uuid4() for _ in range(1000)]
    parts = split(people, 4)
    assert sorted(parts) == [0, 1, 2, 3]
    assert all(shard_of(one, 4) == number for number, those in parts.items() for one in those)
    assert min(len(those) for those in parts.values()) > 180


async def test_a_waiting_replica_hears_at_once_and_holds_nothing_after():
    shard, me = PatientSessionsShard("patient-sessions-0"), uuid4()
    assert not (await shard.wait("a", 5)).known
    await shard.greet("a", [device(me)])
    waiting = asyncio.create_task(shard.wait("a", 5))
    await asyncio.sleep(0)
    await shard.change("b", Changes(news=[me]))
    async with asyncio.timeout(1):
        assert (await waiting).news == {me}
    assert not await shard.wait("a", 0.01)
