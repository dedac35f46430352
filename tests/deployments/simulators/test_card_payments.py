"""The simulated card company over real HTTP: what it does with each card, and what it tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI, Request, Response

from deployments.settings import DEVELOPMENT_SECRET, Settings
from deployments.simulators.card_behaviours import behaviour_of
from deployments.simulators.deployment import NotInProduction, SimulatorsDeployment
from deployments.simulators.settings import SimulatorsSettings
from deployments.simulators.webhooks import signed
from tests.factories.loopback import served

KEY = {"Authorization": f"Bearer {DEVELOPMENT_SECRET}"}


class Customer:
    """Who receives the webhooks; refuses the first `refusing` of them."""

    def __init__(self) -> None:
        self.refusing = 0
        self.heard: list[dict[str, Any]] = []
        self.application = FastAPI()
        self.application.post("/hooks")(self._hear)

    async def _hear(self, request: Request) -> Response:
        body = await request.body()
        headers = request.headers
        wanted = signed(
            DEVELOPMENT_SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), body
        )
        assert headers["webhook-signature"] == wanted["webhook-signature"]
        if self.refusing:
            self.refusing -= 1
            return Response(status_code=503)
        self.heard.append(orjson.loads(body))
        return Response(status_code=204)

    async def heard_after(self, count: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(10):
            while len(self.heard) < count:
                await asyncio.sleep(0.02)
        return [(event["type"], event["data"]["reference"]) for event in self.heard]


@pytest.fixture
async def customer() -> Customer:
    return Customer()


@pytest.fixture
async def company(simulators_database, settings, customer) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncExitStack() as stack:
        hooks = await stack.enter_async_context(served(customer.application))
        theirs = SimulatorsSettings(
            late_s=0.3, silence_s=0.5, card_payments_webhook_url=f"{hooks}/hooks"
        )
        deployment = SimulatorsDeployment(simulators_database, settings, theirs)
        url = await stack.enter_async_context(served(deployment.__serve_build_asgi_app__()))
        base = f"{url}/card-payments"
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=base, headers=KEY))


async def charge(company: httpx.AsyncClient, card: str, reference: str = "r1", amount: int = 500):
    body = {"reference": reference, "amount": amount, "currency": "VND", "card_token": card}
    return await company.post("/charges", json=body)


async def test_a_charge_is_made_once_for_each_reference(company, customer):
    answers = await asyncio.gather(*(charge(company, "tok_approved") for _ in range(8)))
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert answers[0].json()["status"] == "succeeded"
    assert (await charge(company, "tok_approved", amount=501)).status_code == 409
    assert await customer.heard_after(1) == [("charge.succeeded", "r1")]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_expired_card", "expired_card"),
        ("tok_stolen_card", "stolen_card"),
        ("something", "invalid_card"),
    ],
)
async def test_cards_are_declined(company, customer, card, code):
    answer = (await charge(company, card)).json()
    assert (answer["status"], answer["decline_code"]) == ("declined", code)
    assert await customer.heard_after(1) == [("charge.declined", "r1")]


async def test_a_time_out_may_have_charged_or_not(company):
    for card, status in (("tok_timeout_charged", 200), ("tok_timeout_uncharged", 404)):
        with pytest.raises(httpx.ReadTimeout):
            await company.post(
                "/charges",
                json={"reference": card, "amount": 5, "currency": "USD", "card_token": card},
                timeout=0.2,
            )
        assert (await company.get(f"/charges/{card}")).status_code == status
    assert (await charge(company, "tok_timeout_uncharged", "tok_timeout_uncharged", 5)).json()[
        "status"
    ] == "succeeded", "only the first request hangs"


async def test_what_is_pending_is_decided_later(company, customer):
    assert (await charge(company, "tok_pending_declined")).json()["status"] == "pending"
    assert await customer.heard_after(2) == [("charge.pending", "r1"), ("charge.declined", "r1")]
    found = (await company.get("/charges/r1")).json()
    assert (found["status"], found["decline_code"]) == ("declined", "do_not_honor")


async def test_webhooks_come_twice_in_any_order_and_until_they_are_taken(company, customer):
    customer.refusing = 2
    await charge(company, "tok_webhook_twice", "twice")
    assert await customer.heard_after(2) == [("charge.succeeded", "twice")] * 2
    customer.heard.clear()
    await charge(company, "tok_pending_reversed", "reversed")
    assert [event for event, _ in await customer.heard_after(2)] == [
        "charge.succeeded",
        "charge.pending",
    ]


async def test_a_webhook_may_come_before_the_answer(company, customer):
    answering = asyncio.create_task(charge(company, "tok_webhook_early"))
    await customer.heard_after(1)
    assert not answering.done()
    assert (await answering).json()["status"] == "succeeded"


async def test_refunds_never_exceed_the_charge(company):
    await charge(company, "tok_approved", amount=500)
    asked = [{"reference": f"f{number}", "amount": 200} for number in range(8)]
    answers = await asyncio.gather(
        *(company.post("/charges/r1/refunds", json=body) for body in asked)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 6
    again = [await company.post("/charges/r1/refunds", json=body) for body in asked]
    assert [a.status_code for a in again] == [a.status_code for a in answers], "once for each"
    assert (await company.get("/charges/r1")).json()["refunded"] == 400


async def test_money_can_be_taken_back_once(company, customer):
    await charge(company, "tok_approved")
    dispute = {"status": "charged-back"}
    answers = [await company.post("/charges/r1/disputes", json=dispute) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert (await customer.heard_after(2))[1] == ("charge.charged-back", "r1")


async def test_strangers_are_refused(company):
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer guessed"}):
        assert (await company.get("/charges/r1", headers=headers)).status_code == 401


def test_chance_is_repeatable_and_as_often_as_was_asked():
    settings = SimulatorsSettings(seed=7, card_payments_lost=0.05, card_payments_silent=0.05)

    def drawn(earlier: int):
        return [behaviour_of("tok_approved", f"r{n}", earlier, settings) for n in range(2000)]

    assert drawn(0) == drawn(0)
    assert 150 < sum(found.lost or found.silent for found in drawn(0)) < 250
    assert not any(found.lost or found.silent for found in drawn(1))


async def test_there_is_no_play_money_in_production(simulators_database):
    settings = Settings(
        environment="production", secret_key="k" * 32, public_url="https://api.example"
    )
    with pytest.raises(NotInProduction):
        SimulatorsDeployment(simulators_database, settings, SimulatorsSettings())
