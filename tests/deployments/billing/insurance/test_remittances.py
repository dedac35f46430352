"""Remittances: each once, all or nothing, whoever posts them and however many at a time."""

import asyncio

import pytest
from sqlalchemy import func, insert, select, text

from deployments.billing.claim_schemas import RemittanceRequest
from deployments.billing.insurance_errors import (
    RemittancePosted,
    RemittanceUnbalanced,
    RemittanceUnmatched,
    RemittanceUnreadable,
)
from deployments.billing.plans import SOCIAL_PAYER
from storage.billing import claims, remittances
from storage.billing.claim_tables import INTERCHANGES, REMITTANCE_ONCE, REMITTANCES
from storage.billing.ledger_tables import ENTRIES

CARD = "GD4790000000123"


@pytest.fixture
async def accepted(house):
    """A claim that waits for its remittance, which is there and not collected."""
    claim = await house.claim(await house.insure(SOCIAL_PAYER, CARD))
    await house.service.work.work_once()
    house.clock.advance(house.later() - house.clock())
    await house.service.work.work_once()
    claim = await house.get(claim)
    assert claim.status == "accepted"
    return claim


@pytest.fixture
async def content(accepted, exchange) -> str:
    (found,) = await exchange.remittances(SOCIAL_PAYER, "MEDRAY", "")
    return found


async def entries(house) -> int:
    query = select(func.count()).select_from(ENTRIES)
    return await house.database.read(lambda c: c.execute(query).scalar_one())


async def post(house, content: str):
    return await house.service.remitting.post(house.officer, RemittanceRequest(content=content))


async def test_the_same_835_again_is_refused_and_changes_nothing(house, accepted, content) -> None:
    remittance = await post(house, content)
    assert (remittance.amount, [one.paid for one in remittance.claims]) == (800_000, [800_000])
    before = await entries(house)
    for _ in range(2):
        with pytest.raises(RemittancePosted):
            await post(house, content)
    await house.work()  # the worker collects the same one
    assert await entries(house) == before
    assert (await house.get(accepted)).paid == 800_000
    house.check()
    assert (await house.service.reading.refused(house.officer)).items == []


@pytest.fixture
def once(house, red, monkeypatch):
    """What keeps a remittance from being posted twice; taken away by `--red remittance-once`."""
    if red("remittance-once"):
        with house.database.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE remittances DROP CONSTRAINT {REMITTANCE_ONCE}"))

        def add(connection, values) -> bool:
            connection.execute(insert(REMITTANCES).values(**values))
            return True

        monkeypatch.setattr(remittances, "add", add)


async def test_of_racing_remittances_one_is_posted(house, accepted, content, once) -> None:
    answers = await asyncio.gather(
        *(post(house, content) for _ in range(8)), return_exceptions=True
    )
    posted = [one for one in answers if not isinstance(one, Exception)]
    assert len(posted) == 1
    assert {type(one) for one in answers if isinstance(one, Exception)} <= {RemittancePosted}
    query = select(func.count()).select_from(REMITTANCES)
    assert await house.database.read(lambda c: c.execute(query).scalar_one()) == 1
    house.check()


async def test_two_remittances_for_one_claim(house, accepted, content) -> None:
    """Another trace number for the same claim: the claim is decided, so the file fits nothing."""
    other = content.replace("TRN*1*VSS01", "TRN*1*VSS02")
    answers = await asyncio.gather(post(house, content), post(house, other), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["Remittance", "RemittanceUnmatched"]
    assert (await house.get(accepted)).paid == 800_000
    house.check()


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("BPR*I*800000*", "BPR*I*800001*", RemittanceUnbalanced),
        ("*560000**1~", "*560001**1~", RemittanceUnbalanced),
        ("CAS*PR*2*60000~", "CAS*PR*2*60001~", RemittanceUnbalanced),
        ("*1000000*800000*200000*", "*1000000*800000*199999*", RemittanceUnbalanced),
        ("CLP*MEDRAY", "CLP*OTHER", RemittanceUnmatched),
        ("CUR*PR*VND", "CUR*PR*USD", RemittanceUnmatched),
        ("BPR*I*800000*", "BPR*I*8e5x*", RemittanceUnreadable),
        ("TRN*1*", "TRX*1*", RemittanceUnreadable),
        ("*XV*VSS01~", "*XV*NOONE~", RemittanceUnmatched),
        ("CLP*", "CLQ*", RemittanceUnreadable),
    ],
)
async def test_what_is_wrong_is_refused_whole(house, accepted, content, old, new, refusal) -> None:
    before = await entries(house)
    assert old in content
    with pytest.raises(refusal):
        await post(house, content.replace(old, new))
    assert await entries(house) == before
    assert (await house.get(accepted)).status == "accepted"


@pytest.mark.parametrize("content", ["x" * 200, "ISA*00*" + "0" * 200, "~" * 120])
async def test_rubbish_is_refused(house, content) -> None:
    with pytest.raises(RemittanceUnreadable):
        await post(house, content)


async def test_a_collected_one_that_cannot_be_posted_is_kept_with_the_reason(
    house, accepted, content, exchange, monkeypatch
) -> None:
    bad = content.replace("BPR*I*800000*", "BPR*I*800001*")

    async def tampered(*_arguments):
        return [bad]

    monkeypatch.setattr(exchange, "remittances", tampered)
    house.clock.advance(house.later() - house.clock())
    for _ in range(3):
        await house.service.work.work_once()
        house.clock.advance(house.later() - house.clock())
    (kept,) = (await house.service.reading.refused(house.officer)).items
    assert "add up" in kept.error
    assert kept.content == bad.strip()


async def test_control_numbers_are_never_used_twice(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    await asyncio.gather(*(house.claim(coverage) for _ in range(6)))
    await house.work()
    query = select(INTERCHANGES.c.control_number).where(INTERCHANGES.c.kind == "837P")
    numbers = await house.database.read(lambda c: c.execute(query).scalars().all())
    assert len(numbers) == len(set(numbers)) == 6
    counted = await house.database.read(claims.count_by_status)
    assert sum(counted.values()) == 6
