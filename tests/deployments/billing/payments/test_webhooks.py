"""What the provider tells: signed, of now, once, in any order; forgeries and recordings never."""

import asyncio
import time
from uuid import uuid4

import orjson
import pytest

from deployments.billing import provider_webhooks
from deployments.settings import DEVELOPMENT_SECRET
from deployments.simulators.webhooks import signed
from tests.deployments.billing.payments.test_refunds import approved

PATH = "/webhooks/card-payments"


async def tell(world, event, secret=DEVELOPMENT_SECRET, at=None, body=None):
    raw = orjson.dumps(event)
    headers = signed(secret, event["id"], at or int(time.time()), raw)
    return await world.billing.post(PATH, content=body or raw, headers=headers)


def event(paid, status, kind="charge", **data):
    shown = {"reference": str(paid.id), "amount": paid.amount, "currency": "VND"}
    return {
        "id": f"evt_{uuid4().hex}",
        "type": f"{kind}.{status}",
        "data": shown | {"status": status} | data,
    }


async def open_payment(world):
    """A payment whose charge the company has lost, so that only we speak of it."""
    return await world.by_card(world.invoice(), card="tok_timeout_uncharged")


@pytest.fixture
def _janitor_rests(monkeypatch):
    monkeypatch.setenv("MEDRAY_BILLING_PAYMENT_POLL_S", "60")


@pytest.fixture
async def world(_janitor_rests, monkeypatch, world):
    world.service.resolving.look_once = lambda: asyncio.sleep(0, 0)
    return world


@pytest.fixture(autouse=True)
def _unsigned(world, red, monkeypatch):
    """`--red signature`: whoever calls is believed."""
    if red("signature"):
        monkeypatch.setattr(
            provider_webhooks,
            "check_signature",
            lambda _secret, headers, _body, _now: headers["webhook-id"],
        )


async def test_a_webhook_alone_brings_a_payment_to_its_end_once(world):
    paid = await open_payment(world)
    assert paid.status == "unknown"
    told = event(paid, "succeeded")
    answers = [await tell(world, told) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204] * 3
    found = await world.service.reading.get(world.patient, paid.id)
    assert found.status == "succeeded"
    assert world.rows("SELECT count(*) FROM ledger_entries") == [(1,)]
    assert world.rows("SELECT count(*) FROM provider_events") == [(1,)]


async def test_sixteen_at_once_take_effect_once(world):
    paid = await open_payment(world)
    told = event(paid, "succeeded")
    await asyncio.gather(*(tell(world, told) for _ in range(16)))
    assert world.rows("SELECT count(*) FROM ledger_entries") == [(1,)]


async def test_old_news_changes_nothing(world):
    paid = await world.by_card(world.invoice())
    for status in ("pending", "declined", "succeeded"):
        assert (await tell(world, event(paid, status))).status_code == 204
    found = await world.service.reading.get(world.patient, paid.id)
    assert (found.status, found.captured) == ("succeeded", 20_000)


async def test_forgeries_and_recordings_are_refused(world):
    paid = await open_payment(world)
    told = event(paid, "succeeded")
    refused = [
        await tell(world, told, secret="guessed"),
        await tell(world, told, at=int(time.time()) - 301),
        await tell(world, told, at=int(time.time()) + 301),
        await tell(world, told, body=orjson.dumps(told | {"type": "charge.voided"})),
        await world.billing.post(PATH, json=told),
    ]
    assert [answer.status_code for answer in refused] == [401] * 5
    assert {answer.json()["code"] for answer in refused} == {"billing.signature_refused"}
    assert (await world.service.reading.get(world.patient, paid.id)).status == "unknown"


async def test_other_money_and_strange_references_are_not_believed(world):
    paid = await open_payment(world)
    other = event(paid, "succeeded", amount=paid.amount - 1)
    strange = event(paid, "succeeded", reference=str(uuid4()))
    for told in (other, strange, event(paid, "exploded")):
        assert (await tell(world, told)).status_code == 204
    assert (await world.service.reading.get(world.patient, paid.id)).status == "unknown"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"type":"charge.succeeded","data":{}}', b"\xff"])
async def test_what_is_signed_and_unreadable_is_malformed(world, body):
    headers = signed(DEVELOPMENT_SECRET, "evt_1", int(time.time()), body)
    answer = await world.billing.post(PATH, content=body, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("status", ["charged-back", "voided"])
async def test_money_that_is_taken_back_is_owed_again_and_refunds_end(world, status):
    paid = await world.by_card(world.invoice())
    asked = await approved(world, paid.id, 5_000)
    await world.company.post(f"/charges/{paid.id}/disputes", json={"status": status})
    found = await world.until(paid.id, status)
    assert (found.refunded, found.refundable) == (20_000, 0)
    assert world.accounts() == {}
    assert world.rows("SELECT status, patient_settled FROM invoices") == [("issued", 0)]
    ended = await world.service.reading.get_refund(world.officer, asked.id)
    assert (ended.status, ended.failure_code) == ("failed", status)
    assert (await tell(world, event(paid, "succeeded"))).status_code == 204
    assert (await world.service.reading.get(world.patient, paid.id)).status == status


async def test_a_reversal_may_come_before_the_success(world):
    paid = await open_payment(world)
    for status in ("charged-back", "succeeded"):
        assert (await tell(world, event(paid, status))).status_code == 204
    found = await world.service.reading.get(world.patient, paid.id)
    assert (found.status, found.captured) == ("charged-back", 0)
    assert world.accounts() == {}
