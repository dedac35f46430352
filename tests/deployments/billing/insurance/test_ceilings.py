"""Racing invoices never promise more than what is left of a policy."""

import asyncio
from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import select

from deployments.billing.accounts import Area
from deployments.billing.plans import PRIVATE, PRIVATE_PAYER
from storage.billing import policy_years
from storage.billing.insurance_tables import ACCUMULATORS, PAYER_SHARES

CARD = "AN-20240101-0123"
DEAR = (Area.LABORATORY, "GENOME", 40_000_000)


@pytest.fixture
def guarded(monkeypatch, red) -> None:
    """The lock of the policy's year and its ceiling; `--red policy-year` takes both away."""
    if red("policy-year"):
        add = policy_years.add

        def look(connection, coverage_id, year):
            return policy_years.find(connection, coverage_id, year) or Nothing()

        def unguarded(connection, coverage_id, year, amounts, _ceiling):
            policy_years_row = {"coverage_id": coverage_id, "year": year}
            zero = dict.fromkeys(policy_years.AMOUNTS, 0)
            connection.execute(
                policy_years.upsert(ACCUMULATORS)
                .values(**policy_years_row, **zero)
                .on_conflict_do_nothing()
            )
            return add(connection, coverage_id, year, amounts, None)

        monkeypatch.setattr(policy_years, "lock", look)
        monkeypatch.setattr(policy_years, "add", unguarded)


class Nothing(dict, Mapping):
    """A row of a policy that nobody has used."""

    def __missing__(self, _key: str) -> int:
        return 0


async def test_eight_invoices_at_once_do_not_promise_more_than_the_ceiling(house, guarded) -> None:
    """A visit pays at most 5,000,000 and the year 50,000,000: of 16 invoices 10 are paid for."""
    coverage = await house.insure(PRIVATE_PAYER, CARD, starts_on=date(2024, 1, 1))
    for _ in range(2):
        await asyncio.gather(*(house.bill(coverage.patient_id, DEAR) for _ in range(8)))
    with house.database.engine.connect() as connection:
        expected = connection.execute(select(PAYER_SHARES.c.expected)).scalars().all()
        (used,) = connection.execute(select(ACCUMULATORS)).mappings().all()
    assert sum(expected) == used["paid"] <= PRIVATE.year_ceiling
    assert used["paid"] == PRIVATE.year_ceiling, "and nothing of it is left lying"
    assert used["deductible"] == PRIVATE.deductible
    house.check()


async def test_the_payer_keeps_the_ceiling_of_racing_claims_too(house) -> None:
    coverage = await house.insure(PRIVATE_PAYER, CARD, starts_on=date(2024, 1, 1))
    made = await asyncio.gather(*(house.claim(coverage, _day_of(n)) for n in range(12)))
    await house.work(check=False)
    house.check()
    found = [await house.get(one) for one in made]
    assert {one.status for one in found} <= {"paid", "closed", "adjudicated"}
    assert sum(one.paid for one in found) == PRIVATE.year_ceiling
    year = await house.service.covering.get_year(house.officer, coverage.id, 2026)
    assert (year.paid, year.remaining) == (PRIVATE.year_ceiling, 0)


def _day_of(number: int):
    """Each one different, or the payer would call them duplicates."""
    return (Area.LABORATORY, f"GENOME{number}", 40_000_000)
