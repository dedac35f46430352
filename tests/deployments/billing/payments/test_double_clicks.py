"""One effect for each Idempotency-Key, over the real edge and the real simulator."""

import asyncio
from uuid import uuid4

import pytest

from deployments.access import Role
from tests.factories.appointments import principal


@pytest.fixture(autouse=True)
def _without_keys(world, red):
    """`--red same-key`: every click is a new one."""
    if red("same-key"):
        post = world.post
        world.post = lambda path, body, caller, _key=None: post(path, body, caller)


def by_card(invoice_id, amount=20_000, card="tok_approved"):
    means = {"method": "card", "card_token": card}
    return {"invoice_id": str(invoice_id), "amount": amount, "means": means}


async def again(world, path, body, caller, key):
    """Asks until the key is no longer being worked on."""
    async with asyncio.timeout(20):
        while True:
            answer = await world.post(path, body, caller, key)
            if answer.json().get("code") != "idempotency_key_in_flight":
                return answer
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("card", ["tok_approved", "tok_late", "tok_timeout_charged_untold"])
async def test_sixteen_double_clicks_are_one_charge(world, card):
    body, key = by_card(world.invoice(320_000), card=card), uuid4().hex
    answers = await asyncio.gather(
        *(again(world, "/payments", body, world.patient, key) for _ in range(16))
    )
    assert {answer.status_code for answer in answers} == {201}
    ids = {answer.json()["id"] for answer in answers}
    assert len(ids) == 1
    await world.until(ids.pop(), "succeeded")
    assert world.at_company("SELECT count(*) FROM card_charges") == [(1,)]
    assert world.rows("SELECT patient_settled FROM invoices") == [(20_000,)]
    assert world.rows("SELECT count(*) FROM ledger_entries") == [(1,)]


async def test_once_it_is_done_the_answer_is_the_same_again(world):
    body, key = by_card(world.invoice()), uuid4().hex
    first = await world.post("/payments", body, world.patient, key)
    assert (first.status_code, first.json()["status"]) == (201, "succeeded")
    assert first.headers["location"].endswith(f"/payments/{first.json()['id']}")
    second = await world.post("/payments", body, world.patient, key)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"


async def test_a_decline_is_answered_again_too(world):
    body, key = by_card(world.invoice(), card="tok_stolen_card"), uuid4().hex
    answers = [await world.post("/payments", body, world.patient, key) for _ in range(2)]
    assert [answer.json()["failure_code"] for answer in answers] == ["stolen_card"] * 2
    assert world.at_company("SELECT count(*) FROM card_requests") == [(1,)]


async def test_a_key_is_bound_to_its_body_and_its_caller(world):
    invoice_id, key = world.invoice(), uuid4().hex
    paid = await world.post("/payments", by_card(invoice_id, 100), world.patient, key)
    assert paid.status_code == 201
    changed = await world.post("/payments", by_card(invoice_id, 101), world.patient, key)
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    other = principal(Role.BILLING_OFFICER)
    theirs = await world.post("/payments", by_card(invoice_id, 100), other, key)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != paid.json()["id"], "the same key of another is another key"


async def test_where_money_moves_a_key_is_required(world):
    body = by_card(world.invoice())
    answer = await world.billing.post("/payments", json=body, headers=world.headers(world.patient))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert world.rows("SELECT count(*) FROM payments") == [(0,)]


async def test_bad_bodies_cost_nothing(world):
    good = by_card(world.invoice())
    for spoilt in (
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": 2**53},
        {"means": {"method": "cheque"}},
        {"means": {"method": "card", "card_token": "4111 1111 1111 1111"}},
        {"status": "succeeded"},
    ):
        answer = await world.post("/payments", good | spoilt, world.patient)
        assert answer.status_code == 422, spoilt
    assert world.rows("SELECT count(*) FROM payments") == [(0,)]


async def test_reading_is_for_the_patient_and_for_billing(world):
    paid = await world.post("/payments", by_card(world.invoice()), world.patient)
    path = f"/payments/{paid.json()['id']}"
    stranger = principal(Role.PATIENT)
    for caller, status in ((world.patient, 200), (world.officer, 200), (stranger, 404)):
        answer = await world.billing.get(path, headers=world.headers(caller))
        assert answer.status_code == status
        assert "card_token" not in answer.json()
    own = await world.billing.get("/payments", headers=world.headers(world.patient))
    none = await world.billing.get("/payments", headers=world.headers(stranger))
    foreign = await world.billing.get(
        "/payments",
        params={"patient_id": str(world.patient.user_id)},
        headers=world.headers(stranger),
    )
    assert (len(own.json()["items"]), none.json()["items"]) == (1, [])
    assert foreign.status_code == 404
