"""SMS and push through providers that fail, hang and answer late: nothing lost, nothing doubled."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import httpx
import orjson
import pytest

from deployments.access import Role
from deployments.clock import utc_now
from deployments.laboratory.events import CriticalValueReported
from deployments.notifications.codes import Channel
from deployments.notifications.couriers import PushCourier, SmsCourier
from deployments.notifications.outcomes import Never, NotNow, Unsure
from deployments.notifications.posting import Poster
from deployments.notifications.providers import HttpProvider, PhoneMessage, Providers, check_taken
from deployments.notifications.rules import ATTEMPTS, LONGEST_WAIT
from deployments.notifications.sending import Sender
from deployments.notifications.settings import NotificationSettings, ProviderSettings
from deployments.notifications.signing import sign
from deployments.settings import DEVELOPMENT_SECRET
from deployments.simulators.deployment import SimulatorsDeployment
from deployments.simulators.settings import SimulatorsSettings
from storage.notifications import standing
from storage.notifications.tables import Address, Delivery
from tests.deployments.notifications.conftest import make_deployment
from tests.factories.loopback import listening_socket, served, url_of
from tests.factories.notifications import contact, principal, visit

pytestmark = pytest.mark.enable_socket
PATIENTS = 40
MESSAGE = PhoneMessage("/messages", str(uuid4()), {"to": "+84912345678", "text": "x"})
KEY = {"Authorization": f"Bearer {DEVELOPMENT_SECRET}"}


class Scripted:
    """A provider that answers as told, one answer after the other."""

    def __init__(self, name, *answers):
        self.name = name
        self.asked = 0
        self._answers = list(answers)

    async def send(self, _message):
        self.asked += 1
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            raise answer


def unsure(name):
    return Unsure("no_answer", name)


@pytest.mark.parametrize(
    ("one", "two", "held_by", "may_double", "outcome", "asked"),
    [
        ([], [], None, False, "one", (1, 0)),
        ([NotNow("http_503")], [], None, False, "two", (1, 1)),
        ([Never("http_400")], [], None, False, "two", (1, 1)),
        ([NotNow("http_503")], [Never("http_400")], None, False, NotNow, (1, 1)),
        ([Never("http_400")], [Never("http_400")], None, False, Never, (1, 1)),
        ([unsure("one")], [], None, False, Unsure, (1, 0)),
        ([unsure("one")], [], None, True, "two", (1, 1)),
        ([unsure("one")], [unsure("two")], None, True, Unsure, (1, 1)),
        ([], [], "two", False, "two", (0, 1)),
        ([], [NotNow("http_503")], "two", False, "one", (1, 1)),
        ([], [unsure("two")], "two", False, Unsure, (0, 1)),
        ([], [], "left", False, "one", (1, 0)),
    ],
)
async def test_fail_over(one, two, held_by, may_double, outcome, asked):
    first, second = Scripted("one", *one), Scripted("two", *two)
    handing = Providers([first, second]).hand_over(MESSAGE, held_by=held_by, may_double=may_double)
    if isinstance(outcome, str):
        assert await handing == outcome
    else:
        with pytest.raises(outcome) as raised:
            await handing
        assert type(raised.value) is outcome
    assert (first.asked, second.asked) == asked


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, None), (202, None), (302, Never), (400, Never), (404, Never), (408, NotNow),
     (410, Never), (422, Never), (429, NotNow), (500, NotNow), (503, NotNow)],
)  # fmt: skip
def test_what_is_tried_again(status, kind):
    if kind is None:
        check_taken(status)
    else:
        with pytest.raises(kind):
            check_taken(status)


class World:
    """A simulated provider pair, people with consent, and our receiving end."""

    def __init__(self, house, url):
        self.house = house
        self.url = url
        self.poster = Poster(1, public_only=False)
        self.patients = [
            contact(phone=f"+849{number:08d}", email=None) for number in range(1, PATIENTS + 1)
        ]

    def providers(self, *names):
        return Providers(
            [
                HttpProvider(name, f"{self.url}/{name}", DEVELOPMENT_SECRET, self.poster.post)
                for name in names
            ]
        )

    def sender(self, *names):
        couriers = {
            Channel.SMS: SmsCourier(self.providers(*names), home="https://medray.example"),
            Channel.PUSH: PushCourier(self.providers(*names), self.house.database),
        }
        return Sender(self.house.database, couriers, clock=self.house.clock)

    async def consent(self, channel):
        def work(connection):
            for person in self.patients:
                self.house.users.people[person.user_id] = person
                address = person.phone if channel == "sms" else f"device-{person.user_id}"
                standing.save_consent(
                    connection, person.user_id, channel, address, granted=True, at=utc_now()
                )

        await self.house.database.transact(work)

    async def taken(self, name):
        async with httpx.AsyncClient(base_url=self.url, headers=KEY) as client:
            return [it["reference"] for it in (await client.get(f"/{name}/messages")).json()]

    async def send_until_settled(self, sender):
        for _ in range(15):
            while await sender.send_due():
                pass
            self.house.clock.advance(LONGEST_WAIT * 2)

    async def rows(self):
        return [it for it in await self.house.rows(Delivery) if it.channel in {"sms", "push"}]

    async def settled(self, status, count):
        async with asyncio.timeout(20):
            while sum(it.status == status for it in await self.rows()) < count:
                await asyncio.sleep(0.05)


@pytest.fixture
async def world(
    house, simulators_database, notifications_database, redis_client, settings, keys, users
):
    """Makes a world whose first provider behaves as told."""
    async with AsyncExitStack() as stack:

        async def make(**chances):
            ours, theirs = listening_socket(), listening_socket()
            provider = ProviderSettings(
                url=url_of(theirs), key=DEVELOPMENT_SECRET, webhook_secret=DEVELOPMENT_SECRET
            )
            both = {"messages": provider, "messages-backup": provider}
            deployment = make_deployment(
                notifications_database, redis_client, settings, keys, users,
                NotificationSettings(sms_providers=both, push_providers=both),
            )  # fmt: skip
            deployment.sender.run = asyncio.Event().wait  # the test sends by its own clock
            await stack.enter_async_context(served(deployment.__serve_build_asgi_app__(), ours))
            told = f"{url_of(ours)}/webhooks"
            companies = SimulatorsSettings(
                silence_s=3, late_s=0.2, messages_webhook_url=told, **chances
            )
            simulators = SimulatorsDeployment(simulators_database, settings, companies)
            await stack.enter_async_context(served(simulators.__serve_build_asgi_app__(), theirs))
            world = World(house, url_of(theirs))
            stack.push_async_callback(world.poster.close)
            return world

        yield make


async def test_a_provider_that_fails_in_three_of_ten_loses_and_doubles_nothing(
    world, house, practitioner
):
    there = await world(messages_failing=0.3, messages_late=0.1)
    await there.consent("sms")
    await house.hear(*(visit(person, practitioner) for person in there.patients))
    await there.send_until_settled(there.sender("messages"))
    taken = await there.taken("messages")
    rows = await there.rows()
    assert Counter(taken) == Counter({str(row.id): 1 for row in rows})
    assert len(rows) == PATIENTS
    assert sum(row.attempts > 1 for row in rows) > PATIENTS / 10, "it did fail"
    await there.settled("delivered", PATIENTS)
    assert ("sms", "delivered", None) in await house.steps()


async def test_the_second_provider_takes_what_the_first_refuses(world, house, practitioner):
    there = await world(messages_failing=0.3)
    await there.consent("sms")
    await house.hear(*(visit(person, practitioner) for person in there.patients))
    sender = there.sender("messages", "messages-backup")
    while await sender.send_due():
        pass
    rows = await there.rows()
    assert {row.attempts for row in rows} == {1}, "nobody waited"
    one, two = await there.taken("messages"), await there.taken("messages-backup")
    assert sorted(one + two) == sorted(str(row.id) for row in rows)
    assert min(len(one), len(two)) > 0
    await there.settled("delivered", PATIENTS)


async def test_a_provider_that_hangs_is_asked_again_and_no_other_is(
    world, house, practitioner, red, monkeypatch
):
    there = await world(messages_silent=0.3)
    await there.consent("sms")
    await house.hear(*(visit(person, practitioner) for person in there.patients))
    if red("held-by"):
        given = Providers.hand_over
        monkeypatch.setattr(
            Providers,
            "hand_over",
            lambda self, message, held_by, may_double: given(
                self, message, held_by=None, may_double=True
            ),
        )
    await there.send_until_settled(there.sender("messages", "messages-backup"))
    one, two = await there.taken("messages"), await there.taken("messages-backup")
    rows = await there.rows()
    assert sorted(one + two) == sorted(str(row.id) for row in rows)
    assert any(row.attempts > 1 for row in rows) or not red("held-by")


async def test_numbers_that_cannot_be_reached_become_dead_letters(world, house, practitioner):
    there = await world()
    there.patients = [contact(phone="+84912345000", email=None)]
    await there.consent("sms")
    await house.hear(visit(there.patients[0], practitioner))
    await there.send_until_settled(there.sender("messages"))
    await there.settled("failed", 1)
    assert [row.last_error for row in await there.rows()] == ["unreachable_number"]
    assert ("sms", "failed", "unreachable_number") in await house.steps()
    (row,) = await there.rows()
    await house.service.replay(principal(uuid4(), Role.ADMINISTRATOR), row.id)
    await there.send_until_settled(there.sender("messages"))
    assert sorted(await there.taken("messages")) == [str(row.id), f"{row.id}.1"], "another message"
    await there.settled("failed", 1)


async def test_a_dead_letter_that_a_provider_may_have_is_replayed_with_that_one(
    house, world, practitioner
):
    there = await world()
    there.patients = there.patients[:1]
    await there.consent("sms")
    await house.hear(visit(there.patients[0], practitioner))
    silent = Scripted("messages-backup", *[unsure("messages-backup") for _ in range(ATTEMPTS)])
    sms = SmsCourier(Providers([silent]), home="https://medray.example")
    await there.send_until_settled(Sender(house.database, {Channel.SMS: sms}, clock=house.clock))
    (row,) = await there.rows()
    assert (row.status, row.provider) == ("dead", "messages-backup")
    await house.service.replay(principal(uuid4(), Role.ADMINISTRATOR), row.id)
    await there.send_until_settled(there.sender("messages", "messages-backup"))
    assert await there.taken("messages") == []
    assert await there.taken("messages-backup") == [str(row.id)]


async def test_stop_by_reply_and_start_again(world, house, practitioner):
    there = await world()
    there.patients = there.patients[:1]
    await there.consent("sms")
    number = there.patients[0].phone
    async with httpx.AsyncClient(base_url=f"{there.url}/messages", headers=KEY) as client:
        for text, status in (("  Dừng. ", "withdrawn"), ("START", "granted")):
            await client.post("/replies", json={"sender": number, "text": text})
            async with asyncio.timeout(10):
                while {row.status for row in await house.rows(Address)} != {status}:
                    await asyncio.sleep(0.05)
            await house.hear(visit(there.patients[0], practitioner))
    assert [row.status for row in await there.rows()] == ["queued"]
    steps = await house.steps()
    assert ("sms", "skipped", "consent_withdrawn") in steps
    assert ("sms", "consent_withdrawn", "reply") in steps


async def test_push_goes_to_every_device_and_forgets_those_that_are_gone(
    world, house, practitioner, users
):
    there = await world()
    user_id = practitioner.user_id
    for token in ("phone-1", "gone-tablet"):
        await house.database.transact(
            lambda connection, token=token: (
                standing.save_consent(
                    connection, user_id, "push", token, granted=True, at=utc_now()
                )
                and None
            )
        )
    alarm = CriticalValueReported(
        alert_id=uuid4(), order_id=uuid4(), patient_id=next(iter(users.people)),
        practitioner_id=user_id, parameter="K", flag="HH",
    )  # fmt: skip
    await house.hear(alarm)
    await there.send_until_settled(there.sender("messages"))
    async with httpx.AsyncClient(base_url=there.url, headers=KEY) as client:
        (shown,) = (await client.get("/messages/messages")).json()
    assert sorted(shown["content"]["tokens"]) == ["gone-tablet", "phone-1"]
    text = shown["content"]["title"] + shown["content"]["body"]
    assert not any(word in text for word in ("K", "HH", "Nguyễn", "laborator"))
    assert {(row.address, row.status, row.source) for row in await house.rows(Address)} == {
        ("phone-1", "granted", "person"),
        ("gone-tablet", "withdrawn", "provider"),
    }


async def test_who_has_read_it_is_not_pushed(world, house, practitioner, patient, sign_in):
    there = await world()
    there.patients = [patient]
    await there.consent("push")
    await house.hear(visit(patient, practitioner))
    await house.service.read_all(principal(patient.user_id))
    await there.send_until_settled(there.sender("messages"))
    assert ("push", "skipped", "read") in await house.steps()
    assert await there.taken("messages") == []


async def test_calls_of_providers_are_signed_and_take_effect_once(
    house, deployment_with_provider, practitioner, patient
):
    api = deployment_with_provider
    reference = str(uuid4())
    body = orjson.dumps({"type": "message.delivered", "data": {"reference": reference}})
    good = sign("s3cret-of-acme", "m1", utc_now(), body)
    assert (await api.post("/webhooks/acme", content=body, headers=good)).status_code == 204
    stale = sign("s3cret-of-acme", "m1", utc_now() - timedelta(minutes=6), body)
    forged = sign("guessed", "m1", utc_now(), body)
    for headers in ({}, stale, forged, good | {"webhook-id": "m2"}):
        answer = await api.post("/webhooks/acme", content=body, headers=headers)
        assert answer.json()["code"] == "notifications.signature_refused"
    unknown = await api.post("/webhooks/nobody", content=body, headers=good)
    assert unknown.status_code == 404
    junk = sign("s3cret-of-acme", "m1", utc_now(), b"[]")
    assert (await api.post("/webhooks/acme", content=b"[]", headers=junk)).status_code == 400


@pytest.fixture
async def deployment_with_provider(notifications_database, redis_client, settings, keys, users):
    acme = ProviderSettings(url="https://acme.example", key="k", webhook_secret="s3cret-of-acme")
    deployment = make_deployment(
        notifications_database, redis_client, settings, keys, users,
        NotificationSettings(sms_providers={"acme": acme}),
    )  # fmt: skip
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


async def test_a_receipt_may_overtake_the_answer(house, deployment_with_provider, world):
    """The state stays `sending` until our call is answered, and then is `delivered` at once."""
    there = await world()
    there.patients = there.patients[:1]
    await there.consent("sms")
    practitioner = next(iter(house.users.people.values()))
    await house.hear(visit(there.patients[0], practitioner))

    class Overtaken:
        async def deliver(self, letter):
            body = orjson.dumps(
                {"type": "message.delivered", "data": {"reference": str(letter.row.id)}}
            )
            headers = sign("s3cret-of-acme", "m1", utc_now(), body)
            answer = await deployment_with_provider.post(
                "/webhooks/acme", content=body, headers=headers
            )
            assert answer.status_code == 204
            return "acme"

    await Sender(house.database, {Channel.SMS: Overtaken()}, clock=house.clock).send_due()
    assert [(row.status, row.provider) for row in await there.rows()] == [("delivered", "acme")]
