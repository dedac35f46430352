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

from deployments.notifications import sockets
from deployments.notifications.live import PER_PERSON
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

    async def ticket(self):
        async with httpx.AsyncClient(base_url=f"http://{self.address}") as client:
            answer = await client.post("/ws-tickets", headers=self.headers)
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


async def test_a_hint_reaches_another_replica(
    me, deployment, database_urls, redis_server, settings, keys, users, patient
):
    database = Database(database_urls["notifications"])
    client = redis.connect(redis_server.url())
    other = make_deployment(database, client, settings, keys, users)
    async with served(other), await me.open() as connection:
        await connection.recv()
        began = asyncio.get_running_loop().time()
        await other.hear(sealed(UserRegistered(user_id=patient.user_id)))
        assert await me.hear(connection, 1) == [1]
        assert asyncio.get_running_loop().time() - began < 0.5


async def test_without_redis_the_database_is_asked(
    notifications_database, settings, keys, users, sign_in, patient
):
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
