"""Paying against the real simulator: one charge each, whatever the company does."""

import asyncio
from uuid import uuid4

import pytest
from pydantic import ValidationError

from deployments.access import Role
from deployments.billing import errors, payment_errors
from deployments.billing.payment_schemas import DepositRequest, SessionRequest
from deployments.errors import Forbidden
from tests.factories.appointments import principal

RECEIVABLE = "receivable_patient"


def charges(world):
    return world.at_company("SELECT reference, status, amount FROM card_charges")


async def test_a_card_is_charged_and_everything_is_written_together(world):
    invoice_id = world.invoice(20_000)
    paid = await world.by_card(invoice_id)
    assert (paid.status, paid.captured, paid.refundable) == ("succeeded", 20_000, 20_000)
    assert charges(world) == [(str(paid.id), "succeeded", 20_000)]
    assert world.rows("SELECT status, patient_settled FROM invoices") == [("balanced", 20_000)]
    assert world.accounts() == {"provider_clearing": 20_000, RECEIVABLE: -20_000}
    assert world.rows("SELECT card_token FROM payments") == [(None,)], "not kept"
    actions = [row.action for row in world.rows("SELECT action FROM audit_log ORDER BY sequence")]
    assert actions == ["billing.payment.create", "billing.payment.succeeded"]


async def test_a_decline_takes_nothing_and_can_be_tried_again(world):
    invoice_id = world.invoice(20_000)
    failed = await world.by_card(invoice_id, card="tok_insufficient_funds")
    assert (failed.status, failed.failure_code) == ("failed", "insufficient_funds")
    assert (failed.captured, world.accounts()) == (0, {})
    assert (await world.by_card(invoice_id)).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "answer", "end"),
    [
        ("tok_timeout_charged", "succeeded", "succeeded"),
        ("tok_timeout_charged_untold", "unknown", "succeeded"),
        ("tok_timeout_uncharged", "unknown", "succeeded"),
        ("tok_late", "succeeded", "succeeded"),
        ("tok_pending", "pending", "succeeded"),
        ("tok_pending_declined", "pending", "failed"),
        ("tok_pending_reversed", "pending", "succeeded"),
        ("tok_webhook_twice", "succeeded", "succeeded"),
        ("tok_webhook_early", "succeeded", "succeeded"),
        ("tok_webhook_late", "succeeded", "succeeded"),
        ("tok_webhook_never", "succeeded", "succeeded"),
    ],
)
async def test_whatever_the_company_does_it_ends_once(world, card, answer, end):
    invoice_id = world.invoice(20_000)
    paid = await world.by_card(invoice_id, card=card)
    assert paid.status == answer
    await world.until(paid.id, end)
    await told(world)
    assert len(charges(world)) == 1
    entries = world.rows("SELECT kind FROM ledger_entries")
    assert entries == ([("payment",)] if end == "succeeded" else [])
    settled = 20_000 if end == "succeeded" else 0
    assert world.rows("SELECT patient_settled FROM invoices") == [(settled,)]
    assert world.rows("SELECT count(*) FROM payments WHERE card_token IS NOT NULL") == [(0,)]


async def told(world):
    """Waits until the company has nothing left to tell."""
    async with asyncio.timeout(10):
        while world.at_company("SELECT 1 FROM webhooks WHERE status = 'waiting'"):
            await asyncio.sleep(0.02)


async def test_while_it_is_open_nobody_pays_the_same_again(world):
    invoice_id = world.invoice(20_000)
    slow = asyncio.create_task(world.by_card(invoice_id, 15_000, "tok_timeout_charged"))
    async with asyncio.timeout(5):
        while not world.rows("SELECT 1 FROM payments"):
            await asyncio.sleep(0.01)
    with pytest.raises(payment_errors.MoreThanIsOwed):
        await world.by_card(invoice_id, 5_001)
    assert (await world.by_card(invoice_id, 5_000)).status == "succeeded"
    await world.until((await slow).id, "succeeded")
    assert world.rows("SELECT status FROM invoices") == [("balanced",)]


async def test_a_payment_whose_replica_died_before_the_call_is_charged_by_the_janitor(world):
    invoice_id = world.invoice(20_000)
    world.service.resolving.send, send = None, world.service.resolving.send
    with pytest.raises(TypeError):  # as far as the database knows: gone after the first COMMIT
        await world.by_card(invoice_id)
    assert charges(world) == []
    world.service.resolving.send = send
    world.rows("UPDATE payments SET due_at = now() RETURNING 1")
    (payment_id,) = world.rows("SELECT id FROM payments")[0]
    await world.until(payment_id, "succeeded")
    assert len(charges(world)) == 1


async def test_only_what_is_issued_and_owed_is_paid(world):
    with pytest.raises(errors.InvoiceNotFound):
        await world.by_card(uuid4())
    with pytest.raises(errors.InvoiceNotFound):
        await world.by_card(world.invoice(patient_id=uuid4()))
    with pytest.raises(payment_errors.MoreThanIsOwed):
        await world.by_card(world.invoice(100), 101)
    assert charges(world) == []


async def test_what_is_no_longer_owed_when_the_answer_comes_goes_to_the_deposit(world):
    invoice_id = world.invoice(20_000)
    slow = asyncio.create_task(world.by_card(invoice_id, card="tok_late"))
    async with asyncio.timeout(5):
        while not world.rows("SELECT 1 FROM payments"):
            await asyncio.sleep(0.01)
    world.rows(
        "UPDATE invoices SET credited = 15000, patient_share = 5000, payer_share = 0"
        " WHERE id = :id RETURNING 1",
        id=invoice_id,
    )
    paid = await slow
    assert (paid.status, paid.captured, paid.deposited) == ("succeeded", 20_000, 15_000)
    assert world.rows("SELECT balance FROM deposits") == [(15_000,)]
    assert world.accounts() == {
        "provider_clearing": 20_000,
        RECEIVABLE: -5_000,
        "deposits": -15_000,
    }


async def test_cash_goes_through_an_open_drawer_and_change_comes_back(world):
    invoice_id = world.invoice(20_000)
    with pytest.raises(payment_errors.NoOpenSession):
        await world.at_desk(invoice_id, 20_000, method="cash", tendered=50_000)
    await world.service.cashiering.open(
        world.cashier, SessionRequest(cash_point="A", currency="VND", opening_float=100_000)
    )
    with pytest.raises(payment_errors.TooLittleTendered):
        await world.at_desk(invoice_id, 20_000, method="cash", tendered=19_999)
    paid = await world.at_desk(invoice_id, 20_000, method="cash", tendered=50_000)
    assert (paid.status, paid.change) == ("succeeded", 30_000)
    assert world.accounts() == {"cash": 20_000, RECEIVABLE: -20_000}
    assert world.rows("SELECT taken FROM cashier_sessions") == [(20_000,)]


async def test_a_bank_transfer_is_recorded_once(world):
    first, second = world.invoice(10), world.invoice(10)
    transfer = {"method": "bank-transfer", "bank_reference": "FT26331"}
    assert (await world.at_desk(first, 10, **transfer)).status == "succeeded"
    with pytest.raises(payment_errors.BankReferenceUsed):
        await world.at_desk(second, 10, **transfer)
    assert world.accounts() == {"bank": 10, RECEIVABLE: -10}


async def test_patients_pay_their_own_by_card_or_deposit_only(world):
    invoice_id = world.invoice(10)
    stranger = principal(Role.PATIENT)
    world.cashier = world.patient
    for means in (
        {"method": "cash", "tendered": 10},
        {"method": "bank-transfer", "bank_reference": "x"},
    ):
        with pytest.raises(payment_errors.MethodNotAllowed):
            await world.at_desk(invoice_id, 10, **means)
    world.patient = stranger
    with pytest.raises(errors.InvoiceNotFound):
        await world.by_card(invoice_id, 10)
    world.patient = principal(Role.DOCTOR)
    with pytest.raises(Forbidden):
        await world.by_card(invoice_id, 10)


def advance(patient_id, amount, **means):
    body = {"patient_id": patient_id, "amount": amount, "currency": "VND", "means": means}
    return DepositRequest.model_validate(body)


async def test_a_deposit_is_taken_and_used(world):
    invoice_id = world.invoice(700)
    card = {"method": "card", "card_token": "tok_approved"}
    request = advance(world.patient.user_id, 1_000, **card)
    taken = await world.service.paying.deposit(world.patient, request)
    assert (taken.status, taken.deposited) == ("succeeded", 1_000)
    used = await world.at_desk(invoice_id, 700, method="deposit")
    assert (used.status, used.deposited) == ("succeeded", 0)
    with pytest.raises(payment_errors.DepositTooSmall):
        await world.at_desk(world.invoice(301), 301, method="deposit")
    assert world.accounts() == {"provider_clearing": 1_000, "deposits": -300, RECEIVABLE: -700}
    found = await world.service.reading.get_deposits(world.patient, world.patient.user_id)
    assert [(it.currency, it.balance) for it in found.balances] == [("VND", 300)]
    with pytest.raises(Forbidden):
        await world.service.paying.deposit(principal(Role.PATIENT), request)


async def test_twenty_at_once_never_use_a_deposit_twice(world):
    request = advance(world.patient.user_id, 1_000, method="bank-transfer", bank_reference="t")
    await world.service.paying.deposit(world.cashier, request)
    invoices = [world.invoice(300) for _ in range(20)]
    done = await asyncio.gather(
        *(world.at_desk(it, 300, method="deposit") for it in invoices), return_exceptions=True
    )
    refused = [it for it in done if isinstance(it, payment_errors.DepositTooSmall)]
    assert len(refused) == 17
    assert world.rows("SELECT balance FROM deposits") == [(100,)]


def test_a_deposit_is_not_paid_from_a_deposit():
    with pytest.raises(ValidationError):
        advance(uuid4(), 1, method="deposit")
