"""The adapter: what each answer means, and that no silence or nonsense becomes a failure."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from deployments.billing.payment_provider import (
    Absent,
    Charge,
    Declined,
    HttpPaymentProvider,
    Pending,
    Reversed,
    Succeeded,
    Unknown,
)
from deployments.billing.payment_settings import PaymentSettings
from deployments.settings import Settings
from tests.factories.loopback import listening_socket, served, url_of

CHARGE = Charge("ref", 500, "VND", "tok_approved")
GOOD = '{"status": "%s", "amount": 500, "currency": "VND", "decline_code": null}'


class Company:
    """Answers what it is told to, and counts the questions."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, "", 0

    async def answer(self, _request: Request) -> Response:
        self.asked += 1
        return PlainTextResponse(self.body, self.status)

    async def trickle(self, _request: Request) -> Response:
        async def drops() -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.05)

        return StreamingResponse(drops())


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def provider(company):
    methods = ["GET", "POST"]
    routes = [
        Route("/refunds/slow", company.trickle),
        Route("/{path:path}", company.answer, methods=methods),
    ]
    async with served(Starlette(routes=routes)) as url:
        found = HttpPaymentProvider(url, "key", 1.0)
        yield found
        await found.close()


@pytest.mark.parametrize(
    ("status", "body", "charged", "looked", "refunded"),
    [
        (200, GOOD % "succeeded", Succeeded(), Succeeded(), Succeeded()),
        (200, GOOD % "pending", Pending(), Pending(), Pending()),
        (200, GOOD % "declined", Declined("declined"), Declined("declined"), Declined("declined")),
        (200, GOOD % "voided", Reversed("voided"), Reversed("voided"), Reversed("voided")),
        (200, GOOD % "exploded", Unknown, Unknown, Unknown),
        (200, (GOOD % "succeeded").replace("500", "501"), Unknown, Unknown, Unknown),
        (200, (GOOD % "succeeded").replace("VND", "USD"), Unknown, Unknown, Succeeded()),
        (200, "<html>", Unknown, Unknown, Unknown),
        (200, "[]", Unknown, Unknown, Unknown),
        (404, "", Unknown, Absent(), Unknown),
        (409, "", Unknown, Unknown, Declined("refused_by_provider")),
        (422, "", Declined("refused_by_provider"), Unknown, Declined("refused_by_provider")),
        (401, "", Unknown, Unknown, Unknown),
        (500, "", Unknown, Unknown, Unknown),
        (503, "", Unknown, Unknown, Unknown),
    ],
)
async def test_what_each_answer_means(provider, company, status, body, charged, looked, refunded):
    company.status, company.body = status, body
    found = [
        await provider.charge(CHARGE),
        await provider.find_charge("ref", 500, "VND"),
        await provider.refund("ref", "back", 500),
    ]
    for outcome, wanted in zip(found, (charged, looked, refunded), strict=True):
        assert outcome == wanted if not isinstance(wanted, type) else isinstance(outcome, wanted)
    assert company.asked == 3, "each was asked once"


async def test_an_answer_that_never_ends_is_not_waited_for(provider):
    async with asyncio.timeout(5):
        assert isinstance(await provider.find_refund("slow", 500), Unknown)


async def test_nobody_there_is_not_a_failure():
    with listening_socket() as nobody:  # bound, and never listening
        provider = HttpPaymentProvider(url_of(nobody), "key", 0.5)
        assert isinstance(await provider.charge(CHARGE), Unknown)
        await provider.close()


@pytest.mark.parametrize("missing", ["provider_url", "provider_key", "webhook_secret"])
def test_production_has_a_provider_of_its_own(missing):
    house = Settings(
        environment="production", secret_key="k" * 32, public_url="https://api.example"
    )
    given = {"provider_url": "https://p.example", "provider_key": "a", "webhook_secret": "b"}
    assert PaymentSettings(**given).checked(house).url(house) == "https://p.example"
    del given[missing]
    with pytest.raises(ValueError, match="PROVIDER_KEY"):
        PaymentSettings(**given).checked(house)


def test_we_ask_again_ever_more_rarely_but_always():
    settings = PaymentSettings(ask_again_s=2, ask_at_least_every_s=600)
    pauses = [settings.pause(asked).total_seconds() for asked in (1, 2, 3, 9, 10, 10_000)]
    assert pauses == [2, 4, 8, 512, 600, 600]
