"""Web hooks: signed, saying what they may, and never led astray."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import anyio
import httpcore
import httpx
import orjson
import pytest
from fastapi import FastAPI, Request, Response

from deployments.access import Role
from deployments.clock import utc_now
from deployments.notifications.codes import Channel
from deployments.notifications.errors import SignatureRefused
from deployments.notifications.hooking import WebhookCourier
from deployments.notifications.posting import Poster, PublicNetwork, Unreached, is_public
from deployments.notifications.sending import Sender
from deployments.notifications.settings import NotificationSettings
from deployments.notifications.signing import check_signature, endpoint_secret
from storage.notifications.tables import Delivery, Endpoint
from tests.deployments.notifications.conftest import make_deployment
from tests.factories.loopback import served
from tests.factories.notifications import visit

pytestmark = pytest.mark.enable_socket


class Receiver:
    """Somebody's endpoint: keeps calls, answers as told."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.application = FastAPI()
        self.application.post("/{rest:path}")(self._take)

    async def _take(self, request: Request) -> Response:
        self.calls.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status, headers=self.headers)


@pytest.fixture
async def receiver():
    found = Receiver()
    async with served(found.application) as url:
        found.url = f"{url}/hooks"
        yield found


@pytest.fixture
async def api(notifications_database, redis_client, settings, keys, users):
    deployment = make_deployment(
        notifications_database, redis_client, settings, keys, users,
        NotificationSettings(webhooks_to_private_addresses=True),
    )  # fmt: skip
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


@pytest.fixture
def operator(sign_in):
    return sign_in(uuid4(), Role.ADMINISTRATOR)


@pytest.fixture
async def sender(house, settings):
    async with AsyncExitStack() as stack:

        def make(*, public_only=False):
            poster = Poster(2, public_only=public_only)
            stack.push_async_callback(poster.close)
            key = settings.secret_key.get_secret_value()
            courier = WebhookCourier(
                poster.post, lambda id_, version: endpoint_secret(key, id_, version)
            )
            return Sender(house.database, {Channel.WEBHOOK: courier}, clock=house.clock)

        yield make


async def register(api, operator, patient, receiver, **more):
    request = {"owner_id": str(patient.user_id), "url": receiver.url, "level": "full"} | more
    answer = await api.post("/endpoints", json=request, headers=operator)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_receiver_can_prove_who_calls(
    api, operator, house, sender, receiver, patient, practitioner
):
    endpoint = await register(api, operator, patient, receiver)
    await house.hear(visit(patient, practitioner))
    await sender().send_due()
    ((headers, body),) = receiver.calls
    check_signature(endpoint["secret"], headers, body, utc_now())
    with pytest.raises(SignatureRefused):
        check_signature(endpoint["secret"], headers, body + b" ", utc_now())
    (row,) = [it for it in await house.rows(Delivery) if it.channel == "webhook"]
    assert (headers["webhook-id"], row.status) == (str(row.id), "sent")


@pytest.mark.parametrize("level", ["none", "id", "full"])
async def test_it_says_no_more_than_its_level(
    api, operator, house, sender, receiver, patient, practitioner, level
):
    await register(api, operator, patient, receiver, level=level)
    booked = visit(patient, practitioner)
    await house.hear(booked)
    await sender().send_due()
    said = orjson.loads(receiver.calls[0][1])
    assert {"none": {"type", "timestamp"}}.get(level, {"type", "timestamp", "data"}) == said.keys()
    assert said["type"] == ("notification" if level == "none" else "appointments.booked.patient")
    if level != "none":
        assert said["data"]["appointment_id"] == str(booked.appointment_id)
        assert ("body" in said["data"]) is (level == "full")


async def test_it_gets_what_its_owner_gets_and_of_the_chosen_kinds(
    api, operator, house, sender, receiver, patient, practitioner
):
    wanted = ["appointments.cancelled.patient"]
    await register(api, operator, patient, receiver, workflows=wanted)
    await register(api, operator, practitioner, receiver, level="id")
    await house.hear(visit(patient, practitioner))
    await sender().send_due()
    assert [orjson.loads(body)["type"] for _, body in receiver.calls] == [
        "appointments.booked.practitioner"
    ]


@pytest.mark.parametrize(
    ("status", "after", "attempts"),
    [(503, "delayed", 1), (429, "delayed", 1), (400, "failed", 1), (302, "failed", 1)],
)
async def test_answers(
    api, operator, house, sender, receiver, patient, practitioner, status, after, attempts
):
    elsewhere = f"{receiver.url}/elsewhere"
    receiver.status, receiver.headers = status, {"location": elsewhere}
    await register(api, operator, patient, receiver)
    await house.hear(visit(patient, practitioner))
    await sender().send_due()
    (row,) = [it for it in await house.rows(Delivery) if it.channel == "webhook"]
    assert (row.status, row.attempts, row.last_error) == (after, attempts, f"http_{status}")
    assert len(receiver.calls) == 1, "redirects are not followed"


async def test_an_endpoint_that_is_gone_is_left_alone_until_switched_on(
    api, operator, house, sender, receiver, patient, practitioner
):
    receiver.status = 410
    endpoint = await register(api, operator, patient, receiver)
    await house.hear(visit(patient, practitioner), visit(patient, practitioner))
    await sender().send_due()
    assert [row.disabled for row in await house.rows(Endpoint)] == ["http_410"]
    await house.hear(visit(patient, practitioner))
    assert sum(it.channel == "webhook" for it in await house.rows(Delivery)) == 2
    path = f"/endpoints/{endpoint['id']}"
    enabled = (await api.post(f"{path}/enable", headers=operator)).json()
    assert (enabled["disabled"], enabled["failures"]) == (None, 0)
    rotated = (await api.post(f"{path}/rotate-secret", headers=operator)).json()
    assert rotated["secret"] != endpoint["secret"]
    stale = await api.post(f"{path}/disable", headers=operator | {"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert (await api.post(f"{path}/disable", headers=operator)).json()["disabled"]
    missing = await api.post(f"/endpoints/{uuid4()}/disable", headers=operator)
    assert missing.json()["code"] == "notifications.endpoint_not_found"
    (listed,) = (await api.get("/endpoints", headers=operator)).json()["items"]
    assert "secret" not in listed


async def test_nothing_is_sent_to_this_machine(
    api, operator, house, sender, receiver, patient, practitioner, red
):
    await register(api, operator, patient, receiver)
    await house.hear(visit(patient, practitioner))
    await sender(public_only=not red("public-only")).send_due()
    (row,) = [it for it in await house.rows(Delivery) if it.channel == "webhook"]
    assert (row.status, row.last_error) == ("failed", "forbidden_address")
    assert receiver.calls == []


async def test_it_connects_to_the_address_that_was_checked(monkeypatch, red):
    """DNS rebinding: the second answer of the same name is never asked for."""
    answers = ["93.184.215.14", "127.0.0.1"]
    asked, connected = [], []

    async def resolve(host, port, **_kwargs):
        asked.append(host)
        return [(2, 1, 6, "", (answers[len(asked) - 1], port))]

    async def connect(_self, host, _port, *_args, **_kwargs):
        if red("rebinding"):
            ((*_, (host, _)),) = await resolve("hooks.example", 443)
        connected.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(Unreached):
        await Poster(2, public_only=True).post("https://hooks.example/x", {}, b"{}")
    assert (asked, connected) == (["hooks.example"], ["93.184.215.14"])


async def test_one_private_address_among_many_is_enough_to_refuse(monkeypatch):
    async def resolve(_host, port, **_kwargs):
        return [(2, 1, 6, "", (it, port)) for it in ("93.184.215.14", "169.254.169.254")]

    monkeypatch.setattr(anyio, "getaddrinfo", resolve)
    with pytest.raises(httpcore.ConnectError, match="forbidden"):
        await PublicNetwork().connect_tcp("metadata.example", 80)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False), ("127.8.8.8", False), ("10.1.2.3", False),
        ("0.0.0.0", False),  # noqa: S104
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x",
        "https://user:pass@hooks.example/x", "https://hooks.example/x#y", "https://db.internal/",
        "https://hooks.example:99999/", "ftp://hooks.example/", "https:///x",
    ],
)  # fmt: skip
async def test_where_web_hooks_may_not_go(
    url, notifications_database, redis_client, settings, keys, users, operator, patient
):
    deployment = make_deployment(notifications_database, redis_client, settings, keys, users)
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        request = {"owner_id": str(patient.user_id), "url": url}
        answer = await client.post("/endpoints", json=request, headers=operator)
        assert answer.status_code == 422
        good = request | {"url": "https://hooks.example/x"}
        answer = await client.post("/endpoints", json=good, headers=operator)
        assert answer.status_code == 201
        stranger = good | {"owner_id": str(UUID(int=0))}
        answer = await client.post("/endpoints", json=stranger, headers=operator)
        assert answer.status_code == 404


async def test_only_so_many_endpoints_for_one_person(api, operator, patient, receiver):
    request = {"owner_id": str(patient.user_id), "url": receiver.url}
    answers = await asyncio.gather(
        *(api.post("/endpoints", json=request, headers=operator) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 3
