"""The whole cycle of claims with the simulated payers: out as 837P, back as 999, 277CA and 835."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.billing import payer_parts
from deployments.billing.accounts import Account, Area
from deployments.billing.claim_schemas import (
    Appeal,
    ClaimQuery,
    Correction,
    PlannedService,
    PreauthorizationRequest,
)
from deployments.billing.insurance_errors import (
    ClaimExists,
    ClaimInvalid,
    ClaimMoveNotAllowed,
    ClaimNotFound,
    ClaimPaid,
    CoverageOverlaps,
)
from deployments.billing.insurance_schemas import CheckRequest
from deployments.billing.plans import PRIVATE_PAYER, SOCIAL_PAYER
from deployments.billing.settling import settle
from storage.billing import claims, invoices, ledger, overdue, policy_years
from tests.factories.medical_records import principal

CARD = "GD4790000000123"
PRIVATE_CARD = "AN-20240101-0123"
MRI = (Area.PROCEDURE, "MRI", 3_000_000)


async def invoice_of(house, claim):
    return await house.database.read(lambda c: invoices.find(c, claim.invoice_id))


async def test_social_insurance_pays_80_percent_and_the_patient_the_rest(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    assert coverage.level == "4"
    claim = await house.claim(coverage)
    before = await invoice_of(house, claim)
    assert (before["payer_share"], before["patient_share"]) == (800_000, 200_000)
    await house.work()
    claim = await house.get(claim)
    assert (claim.status, claim.outcome, claim.paid, claim.patient) == (
        "closed", "complete", 800_000, 200_000,
    )  # fmt: skip
    assert [step.move for step in claim.steps] == [
        "create", "submit", "send", "accept", "adjudicate", "pay", "close",
    ]  # fmt: skip
    assert [line.adjustments[0].text_vi for line in claim.lines] == ["Đồng chi trả theo tỷ lệ"] * 2
    after = await invoice_of(house, claim)
    assert (after["status"], after["payer_settled"]) == ("issued", 800_000)
    with house.database.engine.begin() as connection:
        settle(connection, claim.invoice_id, party="patient", amount=200_000, at=house.clock())
    assert (await invoice_of(house, claim))["status"] == "balanced"


async def test_the_truth_takes_the_place_of_the_estimate(house) -> None:
    """The payer agreed to 2,000,000 for what we charge 3,000,000: nobody pays the difference."""
    coverage = await house.insure(PRIVATE_PAYER, PRIVATE_CARD, starts_on=date(2024, 1, 1))
    consent = await house.service.making.ask_first(
        house.officer,
        PreauthorizationRequest(
            coverage_id=coverage.id, diagnoses=["I10"],
            services=[PlannedService(area=Area.PROCEDURE, code="MRI", name_en="MRI", name_vi="MRI",
                                     service_day=date(2026, 11, 23), charge=3_000_000)],
        ),
    )  # fmt: skip
    await house.service.claiming.submit(house.officer, consent.id)
    await house.work()
    consent = await house.get(consent)
    assert (consent.status, consent.outcome) == ("adjudicated", "complete")
    claim = await house.claim(coverage, MRI, preauthorization=consent.preauthorization)
    before = await invoice_of(house, claim)
    await house.work()
    claim = await house.get(claim)
    assert (claim.outcome, claim.written_off) == ("complete", 1_000_000)
    assert claim.paid == (2_000_000 - 500_000 - 50_000) * 90 // 100
    after = await invoice_of(house, claim)
    assert after["credited"] == 1_000_000
    assert after["patient_share"] == claim.patient < before["patient_share"]
    year = await house.service.covering.get_year(house.officer, coverage.id, 2026)
    assert (year.paid, year.deductible) == (claim.paid, 500_000)


async def test_what_the_patient_paid_too_much_is_to_be_given_back(house) -> None:
    """We had the level of the card wrong: the payer pays 100 %, and the patient has paid 20 %."""
    coverage = await house.insure(SOCIAL_PAYER, "GD1790000000123", level="4")
    claim = await house.claim(coverage)
    with house.database.engine.begin() as connection:
        settle(connection, claim.invoice_id, party="patient", amount=200_000, at=house.clock())
        paid = [
            ledger.Line(Account.CASH, 200_000),
            ledger.Line(Account.RECEIVABLE_PATIENT, -200_000, claim.patient_id, claim.invoice_id),
        ]
        ledger.post(
            connection, kind="payment", source_kind="Payment", source_id=uuid4(), currency="VND",
            lines=paid, at=house.clock(), actor_id=house.officer.user_id,
        )  # fmt: skip
    await house.work()
    invoice = await invoice_of(house, claim)
    assert (invoice["patient_share"], invoice["payer_settled"]) == (0, 1_000_000)
    assert invoice["status"] == "balanced"
    with house.database.engine.connect() as connection:
        left = ledger.balance(
            connection, Account.REFUNDS_PAYABLE, currency="VND", party_id=claim.patient_id
        )
    assert left == -200_000


async def test_the_second_payer_pays_after_the_first_one(house) -> None:
    patient_id = uuid4()
    first = await house.insure(SOCIAL_PAYER, CARD, patient_id)
    second = await house.insure(
        PRIVATE_PAYER, PRIVATE_CARD, patient_id, position=2, starts_on=date(2024, 1, 1)
    )
    bed = (Area.WARD, "BED", 5_000_000)
    invoice_id = await house.bill(patient_id, bed)
    one = await house.claim_invoice(first, invoice_id)
    other = await house.claim_invoice(second, invoice_id, submit=False)
    with pytest.raises(ClaimInvalid) as refused:
        await house.service.claiming.submit(house.officer, other.id)
    assert [error.code for error in refused.value.errors] == ["earlier_payer_pending"]
    await house.work()
    await house.service.claiming.submit(house.officer, other.id)
    await house.work()
    one, other = await house.get(one), await house.get(other)
    assert (one.paid, one.patient) == (4_000_000, 1_000_000)
    assert other.covered_by_others == 4_000_000
    assert (other.paid, other.patient) == (405_000, 595_000)
    invoice = await invoice_of(house, one)
    assert (invoice["payer_settled"], invoice["patient_share"]) == (4_405_000, 595_000)
    sent = await house.database.read(lambda c: claims.find_sent(c, other.id, 2))
    assert "SVD*VSS01*4000000*ER:BED**1~" in sent["content"]


async def test_a_denied_claim_is_appealed_and_paid(house) -> None:
    coverage = await house.insure(PRIVATE_PAYER, PRIVATE_CARD, starts_on=date(2024, 1, 1))
    claim = await house.claim(coverage, MRI, preauthorization="PA00000000")
    await house.work()
    claim = await house.get(claim)
    assert (claim.status, claim.outcome, claim.reasons) == ("adjudicated", "denied", ["CO-197"])
    assert claim.disputed == 3_000_000
    appeal = Appeal(reason="Emergency; evidence of the stroke unit enclosed")
    await house.service.claiming.appeal(house.officer, claim.id, appeal)
    await house.work()
    claim = await house.get(claim)
    assert (claim.outcome, claim.disputed) == ("complete", 0)
    assert claim.paid > 0
    with pytest.raises(ClaimMoveNotAllowed):
        await house.service.claiming.appeal(house.officer, claim.id, appeal)


async def reminded(house, claim) -> bool:
    """Whether a month later the patient would be reminded of the bill."""
    later = house.clock().date() + timedelta(days=30)
    due = await house.database.transact(
        lambda c: overdue.lock_due(c, [1], later, "Asia/Ho_Chi_Minh", 10), keyed=False
    )
    return claim.invoice_id in {row["id"] for row in due}


@pytest.fixture
def _waits_for_answers(red, monkeypatch) -> None:
    if red("open-claim"):
        monkeypatch.setattr(overdue, "OPEN", ())


@pytest.mark.usefixtures("_waits_for_answers")
async def test_nobody_is_reminded_while_a_claim_of_a_late_coverage_is_open(house) -> None:
    """The coverage came after the issue, so the bill says that the patient owes all of it."""
    patient_id = uuid4()
    invoice_id = await house.bill(patient_id)
    coverage = await house.insure(SOCIAL_PAYER, CARD, patient_id)
    draft = await house.claim_invoice(coverage, invoice_id, submit=False)
    assert (await invoice_of(house, draft))["payer_share"] == 0
    assert await reminded(house, draft), "a claim that nobody sends holds nothing up"
    claim = await house.service.claiming.submit(house.officer, draft.id)
    assert not await reminded(house, claim)
    await house.work()
    assert (await house.get(claim)).status == "closed"
    assert await reminded(house, claim)


@pytest.mark.usefixtures("_waits_for_answers")
async def test_nobody_is_reminded_while_an_appeal_is_open(house) -> None:
    """What the payer refused was moved to the patient, and may move back."""
    coverage = await house.insure(PRIVATE_PAYER, "AN-20270101-0001", starts_on=date(2024, 1, 1))
    claim = await house.claim(coverage, VISIT_)
    await house.work()
    assert (await house.get(claim)).reasons == ["PR-26"]
    assert await reminded(house, claim)
    await house.service.claiming.appeal(house.officer, claim.id, Appeal(reason="Wrong date"))
    assert not await reminded(house, claim)


async def test_what_nobody_appeals_is_written_off_when_the_claim_is_closed(house) -> None:
    coverage = await house.insure(PRIVATE_PAYER, PRIVATE_CARD, starts_on=date(2024, 1, 1))
    claim = await house.claim(coverage, MRI, VISIT_, preauthorization="PA00000000")
    await house.work()
    await house.service.closing.close(house.officer, claim.id)
    house.check()
    claim = await house.get(claim)
    assert (claim.status, claim.disputed, claim.written_off) == ("closed", 0, 3_000_000)
    assert (await invoice_of(house, claim))["credited"] == 3_000_000


VISIT_ = (Area.CONSULTATION, "VISIT", 300_000)


async def test_a_rejected_claim_is_corrected_and_sent_again(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    claim = await house.claim(coverage, diagnoses=["U50.9"])
    await house.work()
    claim = await house.get(claim)
    assert (claim.status, claim.reasons) == ("rejected", ["A7:255"])
    again = await house.claim_invoice(coverage, claim.invoice_id, diagnoses=["I10"])
    await house.work()
    assert (await house.get(again)).status == "closed"


async def test_a_claim_is_replaced_or_voided_before_it_is_paid(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, "GD4790000007777")
    claim = await house.claim(coverage)
    await house.service.work.work_once()
    house.clock.advance(timedelta(seconds=6))
    await house.service.work.work_once()
    claim = await house.get(claim)
    assert claim.status == "accepted"
    new = await house.service.making.replace(
        house.officer, claim.id, Correction(diagnoses=["E11.9"])
    )
    with pytest.raises(ClaimExists):
        await house.service.making.void(house.officer, claim.id)
    await house.service.claiming.submit(house.officer, new.id)
    await house.work()
    assert ((await house.get(claim)).status, (await house.get(new)).status) == (
        "cancelled", "closed",
    )  # fmt: skip
    with pytest.raises(ClaimMoveNotAllowed):
        await house.service.making.void(house.officer, new.id)


async def test_a_voided_claim_leaves_everything_to_the_patient(house) -> None:
    coverage = await house.insure(PRIVATE_PAYER, PRIVATE_CARD, starts_on=date(2024, 1, 1))
    claim = await house.claim(coverage, MRI, preauthorization="PA00000000")
    await house.work()
    void = await house.service.making.void(house.officer, claim.id)
    await house.service.claiming.submit(house.officer, void.id)
    await house.work()
    assert (await house.get(void)).status == "closed"
    assert (await house.get(claim)).status == "cancelled"
    assert (await invoice_of(house, claim))["patient_share"] == 3_000_000


async def test_who_is_paid_is_not_voided(house) -> None:
    coverage = await house.insure(PRIVATE_PAYER, PRIVATE_CARD, starts_on=date(2024, 1, 1))
    claim = await house.claim(
        coverage, MRI, (Area.LABORATORY, "GLU", 2_000_000), preauthorization="PA00000000"
    )
    await house.work()
    assert (await house.get(claim)).outcome == "partial"
    with pytest.raises((ClaimPaid, ClaimMoveNotAllowed)):
        await house.service.making.void(house.officer, claim.id)


@pytest.mark.parametrize(("member", "first"), [("8888", "submitted"), ("9999", "submitted")])
async def test_a_time_out_is_asked_about_and_nothing_counts_twice(house, member, first) -> None:
    """8888: it arrived and nobody answered; 9999: it never arrived."""
    coverage = await house.insure(SOCIAL_PAYER, f"GD479000000{member}")
    claim = await house.claim(coverage)
    await house.service.work.work_once()
    assert (await house.get(claim)).status == "queued"
    house.clock.advance(timedelta(seconds=5))
    await house.service.work.work_once()
    assert (await house.get(claim)).status == first
    await house.work()
    assert (await house.get(claim)).paid == 800_000


async def test_a_patient_sees_own_claims_and_nobody_elses(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    claim = await house.claim(coverage)
    patient = principal(Role.PATIENT, user_id=coverage.patient_id)
    stranger = principal(Role.PATIENT)
    assert (await house.service.reading.get(patient, claim.id)).number == claim.number
    assert len((await house.service.reading.search(patient, ClaimQuery())).items) == 1
    assert (await house.service.reading.search(stranger, ClaimQuery())).items == []
    with pytest.raises(ClaimNotFound):
        await house.service.reading.get(stranger, claim.id)
    with pytest.raises(ClaimNotFound):
        await house.service.reading.search(stranger, ClaimQuery(patient=coverage.patient_id))


@pytest.mark.parametrize(
    ("payer", "member", "day", "expected"),
    [
        (SOCIAL_PAYER, CARD, date(2026, 11, 23), (True, None, None)),
        (SOCIAL_PAYER, "GD4990000000123", date(2026, 11, 23), (False, "27", None)),
        (SOCIAL_PAYER, "GD4790000000000", date(2026, 11, 23), (False, "31", None)),
        (PRIVATE_PAYER, PRIVATE_CARD, date(2023, 1, 1), (False, "26", None)),
        (PRIVATE_PAYER, PRIVATE_CARD, date(2026, 11, 23), (True, None, 50_000_000)),
    ],
)
async def test_the_payer_is_asked_whether_somebody_is_insured(
    house, payer, member, day, expected
) -> None:
    coverage = await house.insure(payer, member)
    asked = await house.service.covering.ask(
        house.officer, coverage.id, CheckRequest(service_day=day)
    )
    assert asked.outcome == "queued"
    await house.work()
    check = await house.service.covering.get_check(house.officer, asked.id)
    assert check.outcome == "complete"
    assert (check.inforce, check.reason, check.remaining) == expected


async def test_a_credit_note_lowers_what_the_payer_owes(house) -> None:
    """Of 800,000 expected 500,000 are left: unpaid ones go first, then what is settled."""
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    claim = await house.claim(coverage, submit=False)
    with house.database.engine.begin() as connection:
        policy_years.change_share(connection, claim.invoice_id, coverage.id, settled=600_000)
        payer_parts.lower(connection, claim.invoice_id, 300_000)
        (share,) = policy_years.shares_of(connection, claim.invoice_id)
    assert (share["expected"], share["settled"]) == (500_000, 500_000)


async def test_two_coverages_do_not_pay_in_the_same_place_at_the_same_time(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    with pytest.raises(CoverageOverlaps):
        await house.insure(PRIVATE_PAYER, PRIVATE_CARD, coverage.patient_id)


async def test_one_claim_for_an_invoice_and_a_coverage(house) -> None:
    coverage = await house.insure(SOCIAL_PAYER, CARD)
    claim = await house.claim(coverage)
    with pytest.raises(ClaimExists):
        await house.claim_invoice(coverage, claim.invoice_id)
