"""Announcements reach everybody once, in batches, and hold nothing urgent up."""

import asyncio
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from deployments.access import Role
from deployments.errors import Unavailable
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.reaching import Means
from deployments.notifications.sending import SLOTS, Sender
from deployments.notifications.teller import BATCH, LEASE, Teller
from deployments.users.events import PasswordResetRequested
from storage.notifications import announcements
from storage.notifications.tables import Announcement, Delivery, Inbox, Notification
from tests.factories.notifications import contact, visit

pytestmark = pytest.mark.enable_socket
PATIENTS = 130
REQUEST = {
    "audience": "patient",
    "texts": {
        "en": {"title": "New hours", "text": "We open at 06:30."},
        "vi": {"title": "Giờ mới", "text": "Mở cửa lúc 06:30. {{ reader }}"},
    },
}


@pytest.fixture
def patients(users):
    found = [contact(locale="en" if number % 2 else "vi") for number in range(PATIENTS)]
    users.people |= {person.user_id: person for person in found}
    return found


@pytest.fixture
async def api(deployment):
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as client:
        yield client


@pytest.fixture
def operator(sign_in):
    return sign_in(uuid4(), Role.ADMINISTRATOR)


@pytest.fixture
def teller(house, users):
    def make():
        return Teller(
            house.database, users, told=house.told.append, means=Means(), clock=house.clock
        )

    return make


@pytest.fixture
async def announced(api, operator, house):
    answer = await api.post("/announcements", json=REQUEST, headers=operator)
    assert answer.status_code == 201
    await due(house)
    return answer.json()


async def due(house):
    """By the test's clock, which is behind that of the deployment."""
    await house.database.transact(
        lambda connection: (
            connection.exec_driver_sql("UPDATE announcements SET due_at = %s", (house.clock(),))
            and None
        )
    )


async def told(house):
    return Counter(row.recipient_id for row in await house.rows(Notification))


async def test_everybody_of_the_role_once_in_their_language(
    house, announced, teller, patients, patient, practitioner
):
    assert await teller().tell_due()
    everybody = {person.user_id for person in [*patients, patient]}
    assert await told(house) == Counter(dict.fromkeys(everybody, 1))
    titles = Counter(row.title for row in await house.rows(Notification))
    assert titles.keys() == {"New hours", "Giờ mới"}
    bodies = {row.body for row in await house.rows(Notification)}
    assert "Mở cửa lúc 06:30. {{ reader }}" in bodies, "plain text, no template"
    assert {row.priority for row in await house.rows(Delivery)} == {Priority.BULK}
    (row,) = await house.rows(Announcement)
    assert (row.status, row.told) == ("told", PATIENTS + 1)
    assert not await teller().tell_due()


async def test_who_lost_the_lease_tells_nobody_a_second_time(
    house, announced, teller, patients, users, red, monkeypatch
):
    if red("advance-guard"):
        monkeypatch.setattr(announcements, "advance", lambda *_, **__: True)
    given, stalled, go_on = users.get_contacts, asyncio.Event(), asyncio.Event()

    async def stalls_after_one(ids):
        if len(house.told) == 1:
            stalled.set()
            await go_on.wait()
        return await given(ids)

    users.get_contacts = stalls_after_one
    first = asyncio.create_task(teller().tell_due())
    await stalled.wait()
    users.get_contacts = given
    house.clock.advance(LEASE)
    assert await teller().tell_due()
    go_on.set()
    assert await first, "it comes back, and finds that somebody else went on"
    assert set((await told(house)).values()) == {1}
    assert len(await house.rows(Notification)) == PATIENTS + 1


async def test_an_interruption_is_gone_on_from(house, announced, teller, patients, users):
    given = users.get_contacts

    async def away_after_two(ids):
        if len(house.told) >= 2:
            raise Unavailable("users is away")
        return await given(ids)

    users.get_contacts = away_after_two
    assert await teller().tell_due()
    assert len(await house.rows(Notification)) == 2 * BATCH
    users.get_contacts = given
    assert not await teller().tell_due(), "somebody may still be at it"
    house.clock.advance(LEASE)
    assert await teller().tell_due()
    assert len(await house.rows(Notification)) == PATIENTS + 1


async def test_a_stopped_one_tells_nobody_else(
    api, operator, house, announced, teller, patients, users
):
    given = users.get_contacts

    async def stopped_after_one(ids):
        if len(house.told) == 1:
            path = f"/announcements/{announced['id']}/stop"
            assert (await api.post(path, headers=operator)).json()["status"] == "stopped"
        return await given(ids)

    users.get_contacts = stopped_after_one
    assert await teller().tell_due()
    assert len(await house.rows(Notification)) == BATCH
    (listed,) = (await api.get("/announcements", headers=operator)).json()["items"]
    assert (listed["status"], listed["told"]) == ("stopped", BATCH)


async def test_who_may_announce_and_what(api, operator, sign_in):
    for role in (Role.PATIENT, Role.DOCTOR):
        answer = await api.post("/announcements", json=REQUEST, headers=sign_in(uuid4(), role))
        assert answer.status_code == 403
    one_language = REQUEST | {"texts": {"en": REQUEST["texts"]["en"]}}
    for wrong in (one_language, REQUEST | {"audience": "service"}, REQUEST | {"audience": "x"}):
        answer = await api.post("/announcements", json=wrong, headers=operator)
        assert answer.status_code == 422
    missing = await api.post(f"/announcements/{uuid4()}/stop", headers=operator)
    assert missing.json()["code"] == "notifications.announcement_not_found"


async def test_nothing_urgent_waits_behind_an_announcement(
    house, announced, teller, patients, patient, practitioner, red
):
    """Every sender of bulk hangs; the urgent and the normal one go out all the same."""
    await teller().tell_due()
    bulk = set()
    arrived = {Priority.URGENT: asyncio.Event(), Priority.NORMAL: asyncio.Event()}
    hang = asyncio.Event()

    class Hanging:
        async def deliver(self, letter):
            if letter.row.priority == Priority.BULK:
                bulk.add(letter.row.id)
                await hang.wait()
            arrived.get(letter.row.priority, hang).set()

    if red("lanes"):
        await house.database.transact(
            lambda connection: (
                connection.exec_driver_sql("UPDATE deliveries SET priority = 0") and None
            )
        )
    sender = Sender(house.database, {Channel.EMAIL: Hanging()}, clock=house.clock)
    loop = asyncio.create_task(sender.run())
    async with asyncio.timeout(10):
        while len(bulk) < SLOTS[Priority.BULK]:
            await asyncio.sleep(0.01)
    await house.hear(
        visit(patient, practitioner),
        PasswordResetRequested(user_id=patient.user_id, token_id=uuid4()),
    )
    sender.wake()
    try:
        async with asyncio.timeout(5):
            await asyncio.gather(*(event.wait() for event in arrived.values()))
        assert len(bulk) == SLOTS[Priority.BULK]
    finally:
        hang.set()
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    assert len(await house.rows(Inbox)) == PATIENTS + 2
