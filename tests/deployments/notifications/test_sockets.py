"""Live connections over a real server: order, resume, bounds, sessions that end."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from deployments.access import Role
from deployments.notifications import live, sockets
from deployments.notifications.live import PER_PERSON
from deployments.notifications.settings import NotificationSettings
from deployments.users.events import UserRegistered
from storage import redis
from storage.database import Database
from tests.deployments.notifications.conftest import make_deployment
from tests.factories.notifications import sealed, visit

pytestmark = pytest.mark.enable_socket


@asynccontextmanager
async def served(deployment):
    """The deployment behind uvicorn on a loopback port; gives the host and port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            deployment.__serve_build_asgi_app__(),
            ws="websockets-sansio",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
    )
    running = asyncio.create_task(server._serve([listening]))
    try:
        while not server.started:  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        host, port = listening.getsockname()
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        await running


class Person:
    """Somebody with a token and an app."""

    def __init__(self, address, headers):
        self.address = address
        self.headers = headers
        self.last = 0

    def client(self):
        return httpx.AsyncClient(base_url=f"http://{self.address}", headers=self.headers)

    async def ticket(self):
        async with self.client() as client:
            answer = await client.post("/ws-tickets")
        return answer.json()["ticket"]

    async def open(self, query="?after=0", ticket=None, protocol="medray.v1", **options):
        ticket = ticket or await self.ticket()
        return await connect(
            f"ws://{self.address}/ws{query}",
            subprotocols=[protocol, f"ticket.{ticket}"],
            **options,
        )

    async def hear(self, connection, count):
        """Numbers of the next notifications; answers pings as an honest client does."""
        numbers = []
        async with asyncio.timeout(10):
            while len(numbers) < count:
                message = json.loads(await connection.recv())
                if message["type"] == "ping":
                    await connection.send('{"type": "pong"}')
                if message["type"] == "notification":
                    numbers.append(message["notification"]["number"])
        self.last = numbers[-1]
        return numbers


async def closed_with(connection, within=5):
    """The code that the server closes with; reads, and answers nothing."""
    async with asyncio.timeout(within):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code


@pytest.fixture
async def address(deployment):
    async with served(deployment) as address:
        yield address


@pytest.fixture
def me(address, sign_in, patient):
    return Person(address, sign_in(patient.user_id))


@pytest.fixture
def something_happens(deployment, patient):
    async def hear(count=1):
        events = [UserRegistered(user_id=patient.user_id) for _ in range(count)]
        assert await deployment.hear(sealed(*events)) == [None] * count

    return hear


async def test_greeting_then_missed_then_new(me, something_happens):
    await something_happens(3)
    async with await me.open("?after=1") as connection:
        assert connection.subprotocol == "medray.v1"
        hello = json.loads(await connection.recv())
        assert hello == {"type": "hello", "unread": 3, "last_number": 3}
        assert await me.hear(connection, 2) == [2, 3]
        await something_happens()
        assert await me.hear(connection, 1) == [4]


async def test_the_first_message_may_say_where_to_begin(me, something_happens):
    await something_happens(3)
    async with await me.open("") as connection:
        await connection.send('{"after": 2}')
        assert await me.hear(connection, 1) == [3]


async def test_patient_and_doctor_are_told_within_a_second(
    address, deployment, sign_in, patient, practitioner
):
    """What it must show, number 1, from the event on: p95 well below 1 s."""
    people = [Person(address, sign_in(it.user_id)) for it in (patient, practitioner)]
    connections = [await person.open() for person in people]
    clock, waits = asyncio.get_running_loop().time, []
    for _ in range(40):
        began = clock()
        await deployment.hear(sealed(visit(patient, practitioner)))
        await asyncio.gather(
            *(it.hear(open_, 1) for it, open_ in zip(people, connections, strict=True))
        )
        waits.append(clock() - began)
    for connection in connections:
        await connection.close()
    assert sorted(waits)[37] < 0.5


async def test_resume_after_lost_connections_misses_and_doubles_nothing(me, something_happens):
    heard = []
    telling = asyncio.create_task(something_happens(300))
    while len(heard) < 300:
        connection = await me.open(f"?after={me.last}")
        heard += await me.hear(connection, min(60, 300 - len(heard)))
        connection.transport.abort()
    await telling
    assert heard == list(range(1, 301))


@pytest.fixture
def other(database_urls, settings, keys, users, shards):
    """A second replica; without Redis, which live delivery does not need."""
    database = Database(database_urls["notifications"])
    nowhere = redis.connect("redis://127.0.0.1:1/0")
    return make_deployment(database, nowhere, settings, keys, users, shards=shards)


async def test_a_hint_reaches_another_replica(me, other, patient, monkeypatch):
    monkeypatch.setattr(live, "POLL_S", 30)  # the shard alone must do it
    async with served(other), await me.open() as connection:
        await connection.recv()
        await others_know(me, 1)
        await other.hear(sealed(UserRegistered(user_id=patient.user_id)))
        assert await me.hear(connection, 1) == [1]


async def test_without_redis_the_database_is_asked(
    notifications_database, settings, keys, users, sign_in, patient, red, monkeypatch
):
    if red("poll"):
        monkeypatch.setattr(live, "POLL_S", 3600)
    nowhere = redis.connect("redis://127.0.0.1:1/0")
    alone = make_deployment(notifications_database, nowhere, settings, keys, users)
    async with served(alone) as address:
        me = Person(address, sign_in(patient.user_id))
        ticket = (await alone.service.issue_ticket(await _principal(alone, me))).ticket
        async with await me.open(ticket=ticket) as connection:
            await alone.hear(sealed(UserRegistered(user_id=patient.user_id)))
            assert await me.hear(connection, 1) == [1]
            with notifications_database.engine.begin() as behind_its_back:
                behind_its_back.exec_driver_sql(
                    "INSERT INTO notifications SELECT gen_random_uuid(), gen_random_uuid(),"
                    " recipient_id, 2, workflow, 1, locale, title, body, data, NULL, NULL,"
                    " created_at FROM notifications"
                )
                behind_its_back.exec_driver_sql("UPDATE inboxes SET last_number = 2")
            assert await me.hear(connection, 1) == [2]


async def _principal(deployment, person):
    token = person.headers["Authorization"].removeprefix("Bearer ")
    return await deployment.runtime.authenticator.authenticate(token)


async def test_a_ticket_opens_one_connection(me):
    ticket = await me.ticket()
    async with await me.open(ticket=ticket) as connection:
        await connection.recv()
        with pytest.raises(InvalidStatus) as refused:
            await me.open(ticket=ticket)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "offer",
    [
        {"ticket": "x" * 43},
        {"protocol": "medray.v0"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "\xff"},
        {"query": "?after=-1"},
        {"query": "?after=9999999999999999999999"},
    ],
)
async def test_strangers_are_refused(me, offer):
    with pytest.raises(InvalidStatus) as refused:
        await me.open(**offer)
    assert refused.value.response.status_code == 403


async def test_pages_of_this_host_are_let_in(me):
    async with await me.open(origin=f"http://{me.address}") as connection:
        await connection.recv()


async def test_a_refused_origin_does_not_use_up_the_ticket(me):
    ticket = await me.ticket()
    with pytest.raises(InvalidStatus):
        await me.open(ticket=ticket, origin="https://evil.example")
    async with await me.open(ticket=ticket) as connection:
        await connection.recv()


async def test_a_client_that_confirms_nothing_is_cut(me, something_happens, monkeypatch, red):
    if red("window"):
        monkeypatch.setattr(sockets, "WINDOW", 10_000)
    monkeypatch.setattr(sockets, "PATIENCE_S", 0.2)
    await something_happens(200)
    connection = await me.open(max_queue=None)
    seen = [json.loads(message)["type"] async for message in _until_closed(connection)]
    assert connection.close_code == 1013
    assert seen.count("notification") == 64


async def _until_closed(connection):
    while True:
        try:
            yield await connection.recv()
        except ConnectionClosed:
            return


async def test_an_idle_client_is_pinged_and_cut_when_silent(me, monkeypatch):
    monkeypatch.setattr(sockets, "PING_S", 0.1)
    monkeypatch.setattr(sockets, "PATIENCE_S", 0.3)
    connection = await me.open()
    assert json.loads(await connection.recv())["type"] == "hello"
    for _ in range(3):
        assert json.loads(await connection.recv()) == {"type": "ping"}
        await connection.send('{"type": "pong"}')
    assert await closed_with(connection) == 1013


async def test_a_client_that_does_not_say_where_to_begin_is_cut(me, monkeypatch):
    monkeypatch.setattr(sockets, "PATIENCE_S", 0.2)
    assert await closed_with(await me.open("")) == 1008


async def test_a_flooding_client_is_cut(me, deployment):
    connection = await me.open()
    for _ in range(200):
        try:
            await connection.send('{"type": "pong"}')
        except ConnectionClosed:
            break
    assert await closed_with(connection) == 1008
    assert len(deployment.live) == 0


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("x" * 70_000, 1009),
        (b"x" * 70_000, 1009),
        ("not json", 1008),
        (b"\xff\xfe", 1008),
        ('{"after": 7}', 1008),
        ('{"type": "pong", "more": 1}', 1008),
        ("[" * 20_000, 1008),
    ],
    ids=["long", "long bytes", "not json", "bytes", "second beginning", "unknown field", "deep"],
)
async def test_nonsense_is_cut(me, sent, code):
    connection = await me.open()
    await connection.send(sent)
    assert await closed_with(connection) == code


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=99999999999999999999"])
async def test_absurd_beginnings_are_refused(me, query):
    with pytest.raises(InvalidStatus):
        await me.open(query)


async def test_too_many_connections_of_one_person(me):
    connections = [await me.open() for _ in range(PER_PERSON)]
    for connection in connections:
        await connection.recv()
    assert await closed_with(await me.open()) == 1013
    await connections[0].close()
    async with await me.open() as connection:
        assert json.loads(await connection.recv())["type"] == "hello"
    for connection in connections:
        await connection.close()


async def test_signing_out_closes_within_two_seconds(me, keys, patient):
    connection = await me.open()
    keys.revoke(user_id=patient.user_id, not_before=datetime.now(UTC) + timedelta(seconds=1))
    assert await closed_with(connection, within=2) == 4401


async def test_an_expired_token_closes(address, sign_in):
    soon = datetime.now(UTC).timestamp() + 1
    me = Person(address, sign_in(uuid4(), exp=soon))
    assert await closed_with(await me.open(), within=3) == 4401


async def test_a_fault_of_ours_is_said(me, deployment, monkeypatch):
    async def broken(_principal):
        raise RuntimeError

    monkeypatch.setattr(deployment.service, "count", broken)
    assert await closed_with(await me.open()) == 1011


async def test_shutdown_says_going_away(me, deployment):
    connection = await me.open()
    await connection.recv()
    await deployment.runtime.background.stop()
    assert await closed_with(connection) == 1001


async def test_reading_on_one_device_is_told_on_the_other(me, something_happens):
    await something_happens(2)
    async with await me.open("?after=2") as phone, me.client() as client:
        assert json.loads(await phone.recv())["unread"] == 2
        await client.post("/inbox/read-all")
        assert json.loads(await phone.recv()) == {"type": "unread", "unread": 0}


async def test_own_devices_on_every_replica_are_listed(me, other):
    async with served(other) as elsewhere:
        there = Person(elsewhere, me.headers)
        async with await me.open(), await there.open():
            found = await others_know(me, 2)
        assert len({item["id"] for item in found}) == 2
        await others_know(me, 0)


async def test_a_replaced_shard_is_told_everything_again(me, shards):
    async with await me.open():
        before = await others_know(me, 1)
        shards.lose()
        async with me.client() as client:
            assert (await client.get("/live-devices")).status_code == 503
        shards.replace()
        assert await others_know(me, 1) == before


async def others_know(person, count):
    """Waits until the shard knows of so many devices."""
    async with asyncio.timeout(5), person.client() as client:
        while True:
            answer = await client.get("/live-devices")
            if answer.status_code == 200 and len(answer.json()["items"]) == count:
                return answer.json()["items"]
            await asyncio.sleep(0.05)


@pytest.fixture
async def impatient(
    notifications_database, redis_client, settings, keys, users, shards, monkeypatch
):
    """A replica where people are idle after a second, and doctors never."""
    monkeypatch.setattr(
        NotificationSettings,
        "idle_after",
        lambda _self, roles: None if Role.DOCTOR in roles else timedelta(seconds=1),
    )
    made = make_deployment(
        notifications_database, redis_client, settings, keys, users, shards=shards
    )
    async with served(made) as address:
        yield address


async def test_who_is_idle_is_logged_off(impatient, sign_in, patient, users):
    session_id = uuid4()
    me = Person(impatient, sign_in(patient.user_id, sid=str(session_id)))
    assert await closed_with(await me.open()) == 4408
    async with asyncio.timeout(3):
        while users.ended != [(patient.user_id, session_id)]:
            await asyncio.sleep(0.02)


async def test_signs_keep_a_person_signed_in(impatient, sign_in, patient, users, red):
    me = Person(impatient, sign_in(patient.user_id, sid=str(uuid4())))
    async with await me.open() as connection:
        for _ in range(8):
            await asyncio.sleep(0.4)  # the pace of the person
            if not red("signs"):
                await connection.send('{"type": "active"}')
        await connection.send('{"type": "active"}')
    assert users.ended == []


async def test_presence_is_for_staff_who_may_know(
    me, address, sign_in, patient, practitioner, records
):
    nurse_id = uuid4()
    colleague = Person(address, sign_in(nurse_id, Role.NURSE))
    doctor = Person(address, sign_in(practitioner.user_id, Role.DOCTOR))
    records.treating.add((nurse_id, patient.user_id))
    records.charts[patient.user_id] = None
    async with await me.open(), await doctor.open(), colleague.client() as staff:
        await others_know(me, 1)
        await others_know(doctor, 1)
        assert (await staff.get(f"/presence/{practitioner.user_id}")).json()["online"]
        assert (await staff.get(f"/presence/{patient.user_id}")).json()["online"]
        records.treating.clear()
        for foreign in (patient.user_id, uuid4()):
            assert (await staff.get(f"/presence/{foreign}")).status_code == 404
        async with me.client() as client:
            assert (await client.get(f"/presence/{practitioner.user_id}")).status_code == 403
