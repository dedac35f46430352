"""Credit notes: one asks, another decides; what is owed, settled and posted follows to the unit."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployments.billing import credit_rules
from deployments.billing.credit_rules import Billed
from deployments.billing.credit_schemas import CreditNoteRequest
from deployments.billing.errors import (
    AlreadyDecided,
    CreditNotePending,
    NotIssued,
    OverCredit,
    OwnRequest,
)
from deployments.billing.settling import settle
from storage.billing import ledger


def request(kind="correction", lines=(), **values):
    body = {"kind": kind, "reason": "wrong-item", "lines": list(lines), **values}
    return CreditNoteRequest.model_validate(body)


async def credited(hospital, invoice, **values):
    crediting = hospital.service.crediting
    note = await crediting.request(hospital.officer, invoice.id, request(**values))
    return await crediting.issue(hospital.other_officer, note.id)


async def seen(hospital, invoice):
    return await hospital.service.invoice_reading.get(hospital.officer, invoice.id)


def balances(hospital, invoice):
    with hospital.service.desk.database.engine.connect() as connection:
        return ledger.invoice_balances(connection, invoice.id)


def pay(hospital, invoice, amount):
    """As the cashier does: settled and posted in one transaction."""
    with hospital.service.desk.database.engine.begin() as connection:
        settle(connection, invoice.id, party="patient", amount=amount, at=hospital.now)
        about = {"party_id": invoice.patient_id, "invoice_id": invoice.id}
        ledger.post(
            connection, kind="payment", source_kind="Payment", source_id=hospital.doctor_id,
            currency="VND", at=hospital.now, actor_id=hospital.officer.user_id,
            lines=[
                ledger.Line("cash", amount), ledger.Line("receivable_patient", -amount, **about),
            ],
        )  # fmt: skip


async def test_all_of_it_credited_cancels_and_bills_anew(hospital) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    note = await credited(hospital, invoice)
    assert (note.number, note.total, note.tax) == ("DC-2026-00000001", invoice.total, invoice.tax)
    after = await seen(hospital, invoice)
    assert (after.status, after.credited, after.patient_share) == ("cancelled", invoice.total, 0)
    assert set(balances(hospital, invoice).values()) == {0}
    again = await hospital.issue()
    assert (again.number, again.total) == ("HD-2026-00000002", invoice.total)


async def test_an_allowance_lets_off_and_bills_nothing_anew(hospital) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    line = {"invoice_line_id": invoice.lines[0].id, "amount": 50_000}
    note = await credited(hospital, invoice, kind="allowance", lines=[line])
    assert (note.total, note.patient_part) == (50_000, 50_000)
    assert (await seen(hospital, invoice)).patient_share == invoice.total - 50_000
    assert await hospital.drafts() == []


async def test_what_was_paid_already_is_owed_back(hospital) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    pay(hospital, invoice, invoice.total)
    line = {"invoice_line_id": invoice.lines[1].id, "quantity": 5}
    note = await credited(hospital, invoice, lines=[line])
    after = await seen(hospital, invoice)
    assert note.patient_surplus == note.total > 0
    assert (after.status, after.settled) == ("balanced", invoice.total - note.total)
    kept = balances(hospital, invoice)
    assert (kept["receivable_patient"], kept["refunds_payable"]) == (0, -note.total)


async def test_nobody_decides_on_their_own_and_nothing_twice(hospital) -> None:
    invoice = await hospital.billed(hospital.visit())
    crediting = hospital.service.crediting
    note = await crediting.request(hospital.officer, invoice.id, request())
    with pytest.raises(CreditNotePending):
        await crediting.request(hospital.other_officer, invoice.id, request())
    with pytest.raises(OwnRequest):
        await crediting.issue(hospital.officer, note.id)
    await crediting.reject(hospital.other_officer, note.id)
    with pytest.raises(AlreadyDecided):
        await crediting.issue(hospital.other_officer, note.id)
    assert (await seen(hospital, invoice)).status == "issued"
    await credited(hospital, invoice)
    with pytest.raises(NotIssued):
        await crediting.request(hospital.officer, invoice.id, request())


async def test_never_more_than_was_billed(hospital) -> None:
    invoice = await hospital.billed(hospital.visit(), hospital.drugs(20))
    visit, drugs = invoice.lines
    for kind, wrong in (
        ("correction", {"invoice_line_id": drugs.id, "quantity": 21}),
        ("allowance", {"invoice_line_id": visit.id, "amount": visit.total + 1}),
        ("allowance", {"invoice_line_id": invoice.id, "amount": 1}),
    ):
        with pytest.raises(OverCredit):
            await hospital.service.crediting.request(
                hospital.officer, invoice.id, request(kind, [wrong])
            )


async def test_two_notes_that_were_asked_for_together_are_not_issued_together(hospital) -> None:
    invoice = await hospital.billed(hospital.visit())
    crediting = hospital.service.crediting
    one = await crediting.request(hospital.officer, invoice.id, request())
    other = await crediting.request(hospital.officer, invoice.id, request("allowance"))
    await crediting.issue(hospital.admin, one.id)
    with pytest.raises(NotIssued):
        await crediting.issue(hospital.admin, other.id)


QUANTITIES = st.lists(st.integers(1, 30), min_size=1, max_size=8)


@given(QUANTITIES, st.integers(0, 10**9), st.integers(0, 100))
@example([1, 1, 1, 1, 2, 2, 1], 17, 24)
def test_parts_of_a_line_add_up_to_the_line(quantities, total, percent) -> None:
    line = Billed(quantity=sum(quantities), total=total, tax=total * percent // 200)
    for quantity in quantities:
        credit = credit_rules.credit_quantity(line, quantity)
        assert 0 <= credit.tax <= credit.total
        line = Billed(
            line.quantity, line.total, line.tax, line.credited_quantity + quantity,
            line.credited_total + credit.total, line.credited_tax + credit.tax,
        )  # fmt: skip
    assert (line.credited_total, line.credited_tax) == (line.total, line.tax)


SHARE = st.integers(0, 10**6)


@given(st.data())
def test_a_credit_takes_nobody_below_nothing(data) -> None:
    patient_share, payer_share = data.draw(SHARE), data.draw(SHARE)
    amount = data.draw(st.integers(0, patient_share + payer_share))
    settled = data.draw(st.integers(0, patient_share)), data.draw(st.integers(0, payer_share))
    parts = credit_rules.divide(
        amount, patient_weight=data.draw(SHARE), payer_weight=data.draw(SHARE),
        patient_share=patient_share, payer_share=payer_share,
        patient_settled=settled[0], payer_settled=settled[1],
    )  # fmt: skip
    assert parts.patient + parts.payer == amount
    assert 0 <= parts.patient <= patient_share
    assert 0 <= parts.payer <= payer_share
    assert settled[0] - parts.patient_surplus <= patient_share - parts.patient
    assert settled[1] - parts.payer_surplus <= payer_share - parts.payer
