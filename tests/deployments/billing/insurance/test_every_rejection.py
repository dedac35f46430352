"""200 claims through the payers' exchange: every reason to refuse, each as it should be."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from deployments.billing.accounts import Area
from deployments.billing.plans import PRIVATE_PAYER, SOCIAL_PAYER
from tests.factories.insurance import BILLED

GOOD = (Area.LABORATORY, "GLU", 700_000)
SOCIAL = "GD4790000{:06d}"
PRIVATE = "AN-20240101-{:04d}"
SINCE = date(2024, 1, 1)


@dataclass
class Case:
    """How a claim goes wrong.

    Attributes:
        expected: status and reasons at the end.
        days: how long ago the service was, beyond our own checks, which are turned off by it.
        twice: the same was claimed before.
    """

    payer: str
    member: str
    expected: tuple[str, list[str]]
    billed: BILLED = GOOD
    claim: dict[str, Any] = field(default_factory=dict)
    days: int = 0
    twice: bool = False


CASES = {
    "paid": Case(SOCIAL_PAYER, SOCIAL, ("closed", ["PR-2"])),
    "unknown member": Case(SOCIAL_PAYER, "GD479{:06d}0000", ("rejected", ["A3:33"])),
    "wrong diagnosis": Case(
        SOCIAL_PAYER, SOCIAL, ("rejected", ["A7:255"]), claim={"diagnoses": ["U50.9"]}
    ),
    "insurance ended": Case(SOCIAL_PAYER, "GD4990000{:06d}", ("adjudicated", ["PR-27"])),
    "before the insurance": Case(PRIVATE_PAYER, "AN-20270101-{:04d}", ("adjudicated", ["PR-26"])),
    "filed too late": Case(PRIVATE_PAYER, PRIVATE, ("adjudicated", ["CO-29"]), days=200),
    "duplicate": Case(SOCIAL_PAYER, SOCIAL, ("adjudicated", ["OA-18"]), twice=True),
    "not covered": Case(
        SOCIAL_PAYER, SOCIAL, ("adjudicated", ["PR-96"]), billed=(Area.OTHER, "MISC", 400_000)
    ),
    "unknown code": Case(
        SOCIAL_PAYER, SOCIAL, ("adjudicated", ["CO-181"]), billed=(Area.LABORATORY, "X-1", 400_000)
    ),
    "no consent": Case(
        PRIVATE_PAYER, PRIVATE, ("adjudicated", ["CO-197"]),
        billed=(Area.PROCEDURE, "MRI", 900_000), claim={"preauthorization": "PA00000000"},
    ),
    "waiting period": Case(
        PRIVATE_PAYER, "AN-20261001-{:04d}", ("adjudicated", ["PR-179"]),
        billed=(Area.WARD, "BED", 900_000),
    ),
    "above the ceiling": Case(
        PRIVATE_PAYER, PRIVATE, ("paid", ["PR-1", "PR-119", "PR-2", "PR-3"]),
        billed=(Area.LABORATORY, "GENOME", 9_000_000),
    ),
    "agreed price": Case(
        SOCIAL_PAYER, SOCIAL, ("closed", ["CO-45"]), billed=(Area.CONSULTATION, "VISIT", 340_000)
    ),
}  # fmt: skip
CLAIMS = 200


async def test_two_hundred_claims_with_every_reason(house) -> None:
    names = [*CASES] * (CLAIMS // len(CASES) + 1)
    made = {}
    for number, name in enumerate(names[:CLAIMS], 1):
        made[number] = name, await _claim(house, number, CASES[name])
    await house.work(check=False)
    seen: Counter[str] = Counter()
    for name, claim in made.values():
        found = await house.get(claim)
        assert (found.status, found.reasons) == CASES[name].expected, name
        if found.status != "rejected":
            parts = (found.paid, found.patient, found.written_off, found.disputed)
            assert sum(parts) + found.covered_by_others == found.charge
        seen[name] += 1
    assert sum(seen.values()) == CLAIMS
    assert set(seen) == set(CASES)
    house.check()


async def _claim(house, number: int, case: Case):
    now = house.clock.time
    coverage = await house.insure(case.payer, case.member.format(number), starts_on=SINCE)
    house.clock.time = now - timedelta(days=case.days)
    try:
        if case.twice:
            await house.claim(coverage, case.billed)
            while await house.service.work.work_once():
                pass  # it must be there first
        invoice_id = await house.bill(coverage.patient_id, case.billed)
        claim = await house.claim_invoice(coverage, invoice_id, **case.claim)
    finally:
        house.clock.time = now
    return claim
