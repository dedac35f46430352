"""What is away for a while costs time, not messages: the mail server, Redis."""

import email
import email.policy
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller

from deployments.access import Role
from deployments.notifications.codes import Channel
from deployments.notifications.couriers import EmailCourier
from deployments.notifications.email import SmtpTransport
from deployments.notifications.rules import ATTEMPTS, LONGEST_WAIT
from deployments.notifications.sending import Sender
from storage import redis
from storage.embedded.redis import EmbeddedRedis
from storage.notifications.tables import Delivery
from tests.deployments.notifications.conftest import make_deployment
from tests.factories.loopback import listening_socket
from tests.factories.notifications import contact, principal, sealed, visit

pytestmark = pytest.mark.enable_socket
VISITS = 15


class Mailbox:
    """A mail server that may refuse to come up, and counts what it took."""

    def __init__(self) -> None:
        with listening_socket() as found:
            self.port = found.getsockname()[1]
        self.taken: Counter[str] = Counter()
        self.answer = "250 OK"
        self._server: Controller | None = None

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.taken[message["Message-ID"]] += 1
        return self.answer

    def up(self) -> None:
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def down(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@pytest.fixture
def mailbox():
    found = Mailbox()
    yield found
    found.down()


@pytest.fixture
def sender(house, users, mailbox):
    courier = EmailCourier(
        users,
        SmtpTransport(f"smtp://127.0.0.1:{mailbox.port}"),
        sender="no-reply@medray.example",
        home="https://medray.example",
    )
    return Sender(house.database, {Channel.EMAIL: courier}, clock=house.clock)


async def send_all(sender):
    while await sender.send_due():
        pass


async def test_a_mail_server_that_is_down_for_a_minute(
    house, sender, mailbox, patient, practitioner
):
    await house.hear(*(visit(patient, practitioner) for _ in range(VISITS)))
    for _ in range(6):
        await send_all(sender)
        house.clock.advance(timedelta(seconds=10))
    assert {row.status for row in await house.rows(Delivery)} == {"delayed"}
    assert {row.last_error for row in await house.rows(Delivery)} == {"ConnectionRefusedError"}
    mailbox.up()
    while any(row.status == "delayed" for row in await house.rows(Delivery)):
        house.clock.advance(timedelta(seconds=10))
        await send_all(sender)
    rows = await house.rows(Delivery)
    assert {row.status for row in rows} == {"sent"}
    assert mailbox.taken == Counter(f"<{row.id}@medray.example>" for row in rows)
    assert len(rows) == 2 * VISITS
    assert max(row.attempts for row in rows) < ATTEMPTS, "nothing was near to being given up"


async def test_down_for_a_day_then_replayed(house, sender, mailbox, patient, practitioner):
    await house.hear(visit(patient, practitioner))
    for _ in range(ATTEMPTS):
        await send_all(sender)
        house.clock.advance(LONGEST_WAIT * 2)
    assert {row.status for row in await house.rows(Delivery)} == {"dead"}
    mailbox.up()
    await send_all(sender)
    assert mailbox.taken == Counter(), "what was given up waits for an operator"
    operator = principal(contact().user_id, Role.ADMINISTRATOR)
    for row in await house.rows(Delivery):
        await house.service.replay(operator, row.id)
    await send_all(sender)
    assert set(mailbox.taken.values()) == {1}
    assert ("email", "replayed", None) in await house.steps()


async def test_a_mail_server_that_refuses_for_good_is_not_asked_again(
    house, sender, mailbox, patient, practitioner
):
    mailbox.answer = "550 no such mailbox"
    mailbox.up()
    await house.hear(visit(patient, practitioner))
    await send_all(sender)
    house.clock.advance(LONGEST_WAIT * 2)
    assert await sender.send_due() == 0
    assert {(it.status, it.attempts) for it in await house.rows(Delivery)} == {("failed", 1)}


async def test_without_redis_nothing_is_unlocked_and_nothing_breaks(
    notifications_database, settings, keys, users, sign_in, patient, practitioner, tmp_path: Path
):
    tmp_path.chmod(0o711)  # noqa: ASYNC240
    server = EmbeddedRedis(tmp_path)
    server.start()
    client = redis.connect(server.url())
    settings = settings.model_copy(
        update={"rate_limit_per_minute": 60, "anonymous_rate_limit_per_minute": 60}
    )
    deployment = make_deployment(notifications_database, client, settings, keys, users)
    transport = httpx.ASGITransport(deployment.__serve_build_asgi_app__())
    mine = sign_in(patient.user_id)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://medray.test") as api:
            assert (await api.get("/inbox", headers=mine)).status_code == 200
            server.stop()
            assert await deployment.hear(sealed(visit(patient, practitioner))) == [None]
            assert len((await api.get("/inbox", headers=mine)).json()["items"]) == 1
            wish = {"wishes": [{"channel": "email", "enabled": False}]}
            assert (await api.patch("/preferences", json=wish, headers=mine)).status_code == 200
            assert (await api.get("/inbox")).status_code == 401
            assert (await api.get("/dead-letters", headers=mine)).status_code == 403
            unsigned = await api.post("/webhooks/nobody", content=b"{}")
            assert unsigned.status_code == 404
            statuses = [(await api.get("/log", headers=mine)).status_code for _ in range(80)]
            assert set(statuses) == {200, 429}, "the limit holds, replica by replica"
    finally:
        await client.aclose()
        if server.is_running():
            server.stop()
