"""Issue: lines are frozen, the number follows, and invoice, lines and ledger say the same."""

from datetime import timedelta
from decimal import Decimal

import pytest

from deployments.billing.charge_schemas import Decision, DiscountRequest, ExemptionRequest
from deployments.billing.errors import (
    ChangedMeanwhile,
    DiscountExists,
    DiscountUndecided,
    InvoiceNotFound,
    NotDraft,
    NothingToIssue,
    OwnRequest,
    Unpriced,
)
from deployments.billing.insurance import Division
from deployments.billing.price_schemas import Publication
from deployments.errors import Forbidden
from deployments.laboratory.events import SpecimenReceived
from storage.billing import ledger

HEAD = b"kind,code,name_en,name_vi,price\n"
PAYER = "11111111-1111-4111-8111-111111111111"


class Insurer:
    """Pays 80 % of everything."""

    def find_payer(self, _connection, _patient_id, _day):
        return PAYER

    def divide(self, _connection, _invoice, lines, _at):
        return Division(PAYER, [line.total * 80 // 100 for line in lines])


def entry_of(service, invoice_id):
    with service.desk.database.engine.connect() as connection:
        return ledger.invoice_balances(connection, invoice_id)


async def test_what_is_issued_is_numbered_due_and_in_the_ledger(hospital, outbox_names) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    assert (invoice.number, invoice.status) == ("HD-2026-00000001", "issued")
    assert (invoice.due_on - invoice.issued_at.date()).days == 7
    visit, drugs = invoice.lines
    assert (visit.total, visit.tax_percent, visit.tax) == (150_000, None, 0)
    assert drugs.tax == round(drugs.base * Decimal("0.05"))
    assert invoice.total == visit.total + drugs.total == invoice.patient_share
    assert entry_of(hospital.service, invoice.id) == {
        "receivable_patient": invoice.total,
        "revenue_consultation": -150_000,
        "revenue_pharmacy": -drugs.base,
        "tax_payable": -drugs.tax,
    }
    assert await hospital.drafts() == []


async def test_numbers_follow_each_other_and_begin_anew_each_year(hospital, clock) -> None:
    numbers = []
    for days in (0, 1, 40, 41):  # 23 November 2026 and on into 2027
        clock.advance(timedelta(days=days) - (clock.time - hospital.now))
        numbers.append((await hospital.billed(hospital.visit(start=clock.time))).number)
    assert numbers == [
        "HD-2026-00000001", "HD-2026-00000002", "HD-2027-00000001", "HD-2027-00000002",
    ]  # fmt: skip


async def test_what_a_failed_issue_took_is_given_to_the_next(hospital, monkeypatch) -> None:
    await hospital.tell(hospital.visit())
    draft = await hospital.draft()
    with monkeypatch.context() as patch:
        patch.setattr("deployments.billing.issuing.publish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await hospital.service.issuing.issue(hospital.officer, draft.id)
    assert (await hospital.issue()).number == "HD-2026-00000001"


async def test_only_drafts_with_something_on_them_are_issued(hospital) -> None:
    invoice = await hospital.billed(hospital.visit())
    issuing = hospital.service.issuing
    with pytest.raises(NotDraft):
        await issuing.issue(hospital.officer, invoice.id)
    with pytest.raises(InvoiceNotFound):
        await issuing.issue(hospital.officer, hospital.doctor_id)
    with pytest.raises(Forbidden):
        await issuing.issue(hospital.patient, invoice.id)
    dispensed = hospital.drugs(1, occurred_at=hospital.now + timedelta(days=3))
    await hospital.tell(dispensed, hospital.returned(dispensed, 1))
    draft = await hospital.draft()
    with pytest.raises(NothingToIssue):
        await issuing.issue(hospital.officer, draft.id)
    with pytest.raises(ChangedMeanwhile):
        await issuing.issue(hospital.officer, draft.id, draft.version + 1)


async def test_what_has_no_price_is_kept_and_names_itself(hospital) -> None:
    await hospital.tell(hospital.visit(reason_code="unheard-of"), hospital.drugs())
    draft = await hospital.draft()
    assert [line.priced for line in draft.draft_lines] == [False, True]
    with pytest.raises(Unpriced) as refused:
        await hospital.issue()
    assert [fault.pointer for fault in refused.value.errors] == ["/charges/0"]


async def test_payer_and_patient_owe_their_shares(hospital, make_service) -> None:
    hospital.service = make_service(insurance=Insurer())
    invoice = await hospital.billed(hospital.visit())
    assert (invoice.patient_share, invoice.payer_share) == (30_000, 120_000)
    owed = entry_of(hospital.service, invoice.id)
    assert (owed["receivable_patient"], owed["receivable_payer"]) == (30_000, 120_000)


async def test_a_panel_costs_its_price_however_many_tubes_it_takes(hospital, rows) -> None:
    codes = ("CHOL", "TRIG", "HDL", "LDL")
    panel = "LIPID"
    price = rows("SELECT unit_price FROM prices WHERE kind = 'panel' AND code = :code", code=panel)
    order = hospital.tests(*codes, panel=panel)
    received = [
        hospital.follow(order, SpecimenReceived, version=2 + at, items=[item])
        for at, item in enumerate(order.items)
    ]
    invoice = await hospital.billed(order, *received)
    assert invoice.total == price[0].unit_price
    assert len(invoice.lines) == 4


async def test_a_follow_up_is_free_and_frees_no_other(hospital, clock) -> None:
    days = [0, 2, 4, 9]
    for day in days:
        await hospital.tell(hospital.visit(start=hospital.now + timedelta(days=day)))
    waived = [draft.draft_lines[0].waiver for draft in await hospital.drafts()]
    assert waived == ["", "follow_up", "", ""]
    invoices = [
        await hospital.service.issuing.issue(hospital.officer, draft.id)
        for draft in await hospital.drafts()
    ]
    assert [one.status for one in invoices] == ["issued", "balanced", "issued", "issued"]
    assert entry_of(hospital.service, invoices[1].id)["exemptions"] == 150_000


async def test_categories_count_once_another_approved_them(hospital) -> None:
    request = ExemptionRequest(
        category="hardship", document="Giấy chứng nhận hộ nghèo 17/2026",
        valid_from=hospital.now.date(), valid_until=hospital.now.date(),
    )  # fmt: skip
    deciding, patient_id = hospital.service.deciding, hospital.patient.user_id
    asked = await deciding.request_exemption(hospital.officer, patient_id, request)
    await hospital.tell(hospital.visit(), hospital.drugs())
    assert [line.exemption for line in (await hospital.draft()).draft_lines] == [0, 0]
    with pytest.raises(OwnRequest):
        await deciding.decide_exemption(hospital.officer, asked.id, Decision(approve=True))
    await deciding.decide_exemption(hospital.admin, asked.id, Decision(approve=True))
    assert [line.exemption for line in (await hospital.draft()).draft_lines] == [75_000, 0]


async def test_discounts_are_asked_for_by_one_and_decided_by_another(hospital) -> None:
    await hospital.tell(hospital.visit(), hospital.drugs(100))
    draft = await hospital.draft()
    deciding = hospital.service.deciding
    whole = DiscountRequest(amount=30_000, justification="waited for four hours")
    asked = await deciding.request_discount(hospital.officer, draft.id, whole)
    with pytest.raises(DiscountExists):
        await deciding.request_discount(hospital.other_officer, draft.id, whole)
    with pytest.raises(DiscountUndecided):
        await hospital.issue()
    with pytest.raises(OwnRequest):
        await deciding.decide_discount(hospital.officer, asked.id, Decision(approve=True))
    await deciding.decide_discount(hospital.other_officer, asked.id, Decision(approve=True))
    own = DiscountRequest(
        charge_item_id=draft.draft_lines[0].charge_item_id, percent=50, justification="half"
    )
    asked = await deciding.request_discount(hospital.officer, draft.id, own)
    await deciding.decide_discount(hospital.admin, asked.id, Decision(approve=True))
    invoice = await hospital.issue()
    visit, drugs = invoice.lines
    assert (visit.discount, drugs.discount) == (75_000, 30_000)
    assert drugs.tax == round((drugs.base - 30_000) * Decimal("0.05"))
    assert entry_of(hospital.service, invoice.id)["discounts"] == 105_000


async def test_prices_are_those_of_the_day_on_which_it_was_done(hospital) -> None:
    prices, admin = hospital.service.prices, hospital.admin
    (public,) = (await prices.all_lists(admin)).items
    file = HEAD + b"service,consultation,Consultation,Kh\xc3\xa1m,200000\n"
    receipt = await prices.read_file(admin, public.id, file)
    tomorrow = hospital.now + timedelta(days=1)
    await prices.publish(admin, receipt.version_id, Publication(valid_from=tomorrow.date()))
    await hospital.tell(hospital.visit(), hospital.visit(start=tomorrow + timedelta(days=5)))
    costs = [draft.draft_lines[0].unit_price for draft in await hospital.drafts()]
    assert costs == [150_000, 200_000]
