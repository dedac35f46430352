"""Refunds: by several people, never above what was captured, whatever the provider does."""

import asyncio

import pytest

from deployments.access import Role
from deployments.billing import payment_errors as refused
from deployments.billing.payment_schemas import DepositRequest, RefundRequest, SessionRequest
from storage.billing import ledger, payments
from storage.billing.ledger import Line
from tests.factories.appointments import principal
from tests.factories.billing import NOW


def wanted(amount, reason="duplicate"):
    return RefundRequest.model_validate({"amount": amount, "reason_code": reason})


async def approved(world, payment_id, amount):
    """Asked for by the cashier, approved by the officer."""
    asked = await world.service.refunding.request(world.cashier, payment_id, wanted(amount))
    return await world.service.refunding.approve(world.officer, asked.id)


async def refunded(world, payment_id, amount):
    found = await approved(world, payment_id, amount)
    return await world.service.refunding.complete(world.cashier, found.id)


async def test_a_part_goes_back_to_the_card_and_is_owed_again(world):
    paid = await world.by_card(world.invoice(20_000))
    done = await refunded(world, paid.id, 5_000)
    assert (done.status, done.completed_by) == ("completed", world.cashier.user_id)
    found = await world.service.reading.get(world.patient, paid.id)
    assert (found.status, found.refunded, found.refundable) == ("succeeded", 5_000, 15_000)
    assert world.at_company("SELECT refunded FROM card_charges") == [(5_000,)]
    assert world.rows("SELECT status, patient_settled FROM invoices") == [("issued", 15_000)]
    assert world.accounts() == {"provider_clearing": 15_000, "receivable_patient": -15_000}


async def test_what_a_credit_note_freed_goes_first(world):
    invoice_id = world.invoice(20_000)
    paid = await world.by_card(invoice_id)
    with world.database.engine.begin() as connection:
        patient = world.patient.user_id
        lines = [
            Line("revenue_consultation", 8_000, invoice_id=invoice_id),
            Line("refunds_payable", -8_000, patient, invoice_id),
        ]
        ledger.post(
            connection, kind="credit", source_kind="CreditNote", source_id=invoice_id,
            currency="VND", lines=lines, at=NOW, actor_id=patient,
        )  # fmt: skip
    await refunded(world, paid.id, 10_000)
    accounts = world.accounts()
    assert "refunds_payable" not in accounts
    assert accounts["provider_clearing"] == 10_000
    assert world.rows("SELECT patient_settled FROM invoices") == [(18_000,)]


async def test_no_two_steps_in_a_row_by_one_person(world):
    paid = await world.by_card(world.invoice())
    asked = await world.service.refunding.request(world.cashier, paid.id, wanted(10))
    for decide in (
        world.service.refunding.approve(world.cashier, asked.id),
        world.service.refunding.reject(world.cashier, asked.id, "no"),
    ):
        with pytest.raises(refused.OtherPersonNeeded):
            await decide
    with pytest.raises(refused.RefundMoveNotAllowed):
        await world.service.refunding.complete(world.cashier, asked.id)
    await world.service.refunding.approve(world.officer, asked.id)
    with pytest.raises(refused.OtherPersonNeeded):
        await world.service.refunding.complete(world.officer, asked.id)
    with pytest.raises(refused.RefundMoveNotAllowed):
        await world.service.refunding.approve(world.officer, asked.id)
    assert (await world.service.refunding.complete(world.cashier, asked.id)).status == "completed"


async def test_what_is_rejected_can_be_asked_again(world):
    paid = await world.by_card(world.invoice(100), 100)
    asked = await world.service.refunding.request(world.cashier, paid.id, wanted(100))
    with pytest.raises(refused.MoreThanCaptured):
        await world.service.refunding.request(world.cashier, paid.id, wanted(1))
    await world.service.refunding.reject(world.officer, asked.id, "not so")
    assert (await refunded(world, paid.id, 100)).status == "completed"
    with pytest.raises(refused.MoreThanCaptured):
        await world.service.refunding.request(world.cashier, paid.id, wanted(1))


async def test_refunds_that_race_never_exceed_what_was_captured(world, red, monkeypatch):
    paid = await world.by_card(world.invoice(1_000), 1_000)
    if red("refund-cap"):
        with world.database.engine.begin() as connection:
            connection.exec_driver_sql(
                "ALTER TABLE payments DROP CONSTRAINT ck_payments_never_refunded_above_captured"
            )
        monkeypatch.setattr(
            payments,
            "reserve",
            lambda c, id_, amount: payments.change(c, id_, {"reserved": amount}),
        )

    async def ask(_):
        try:
            return await refunded(world, paid.id, 300)
        except refused.MoreThanCaptured:
            return None

    done = [it for it in await asyncio.gather(*map(ask, range(16))) if it]
    assert len(done) == 3
    assert world.at_company("SELECT refunded FROM card_charges") == [(900,)]
    assert world.rows("SELECT refunded, reserved FROM payments") == [(900, 0)]
    assert world.accounts()["provider_clearing"] == 100


class TestProviderHangs:
    @pytest.fixture
    def company_settings(self):
        return {"card_payments_silent": 1.0, "card_payments_lost": 0.0}

    async def test_a_refund_whose_answer_is_lost_is_found_again(self, world):
        paid = await world.by_card(world.invoice(), card="tok_webhook_never")
        done = await refunded(world, paid.id, 5_000)
        assert done.status in {"in-progress", "completed"}
        await settled(world, done.id)
        assert world.at_company("SELECT count(*), sum(amount) FROM card_refunds") == [(1, 5_000)]
        assert world.rows("SELECT refunded, reserved FROM payments") == [(5_000, 0)]


class TestProviderLoses:
    @pytest.fixture
    def company_settings(self):
        return {"card_payments_lost": 1.0}

    async def test_a_refund_that_never_arrived_is_sent_again(self, world):
        paid = await world.by_card(world.invoice(), card="tok_webhook_never")
        done = await refunded(world, paid.id, 5_000)
        assert done.status == "in-progress"
        with pytest.raises(refused.RefundMoveNotAllowed):
            await world.service.refunding.complete(world.cashier, done.id)
        await settled(world, done.id)
        assert world.at_company("SELECT count(*), sum(amount) FROM card_refunds") == [(1, 5_000)]


async def settled(world, refund_id):
    async with asyncio.timeout(10):
        while True:
            found = await world.service.reading.get_refund(world.officer, refund_id)
            if found.status == "completed":
                return
            await asyncio.sleep(0.05)


async def test_a_refund_that_the_provider_refuses_frees_what_was_kept(world):
    paid = await world.by_card(world.invoice(), card="tok_webhook_never")
    world.at_company("UPDATE card_charges SET refunded = amount RETURNING 1")
    done = await refunded(world, paid.id, 5_000)
    assert (done.status, done.failure_code) == ("failed", "refused_by_provider")
    assert world.rows("SELECT refunded, reserved FROM payments") == [(0, 0)]


async def test_cash_goes_back_out_of_the_drawer_of_who_gives_it(world):
    drawer = SessionRequest(cash_point="A", currency="VND", opening_float=0)
    await world.service.cashiering.open(world.cashier, drawer)
    paid = await world.at_desk(world.invoice(100), 100, method="cash", tendered=100)
    asked = await approved(world, paid.id, 60)
    other = principal(Role.BILLING_OFFICER)
    with pytest.raises(refused.NoOpenSession):
        await world.service.refunding.complete(other, asked.id)
    await world.service.cashiering.open(other, drawer)
    with pytest.raises(refused.NoOpenSession):  # so much is not in it
        await world.service.refunding.complete(other, asked.id)
    assert (await world.service.refunding.complete(world.cashier, asked.id)).status == "completed"
    assert world.rows("SELECT taken, paid_out FROM cashier_sessions ORDER BY id LIMIT 1") == [
        (100, 60)
    ]
    assert world.accounts() == {"cash": 40, "receivable_patient": -40}


async def deposit(world, amount):
    body = {
        "patient_id": world.patient.user_id,
        "amount": amount,
        "currency": "VND",
        "means": {"method": "bank-transfer", "bank_reference": "FT1"},
    }
    return await world.service.paying.deposit(world.cashier, DepositRequest.model_validate(body))


async def test_a_deposit_is_paid_back_as_far_as_it_is_not_used(world):
    taken = await deposit(world, 1_000)
    await world.at_desk(world.invoice(400), 400, method="deposit")
    with pytest.raises(refused.DepositTooSmall):
        await world.service.refunding.request(world.cashier, taken.id, wanted(601))
    asked = await approved(world, taken.id, 600)
    with pytest.raises(refused.DepositTooSmall):  # kept from the moment it is asked for
        await world.at_desk(world.invoice(1), 1, method="deposit")
    await world.service.refunding.complete(world.cashier, asked.id)
    assert world.accounts() == {"bank": 400, "receivable_patient": -400}


async def test_a_rejected_refund_of_a_deposit_can_be_used_again(world):
    taken = await deposit(world, 1_000)
    asked = await world.service.refunding.request(world.cashier, taken.id, wanted(1_000))
    await world.service.refunding.reject(world.officer, asked.id, "needed")
    assert (await world.at_desk(world.invoice(900), 900, method="deposit")).status == "succeeded"


async def test_what_was_paid_from_the_deposit_goes_back_to_it(world):
    await deposit(world, 1_000)
    used = await world.at_desk(world.invoice(400), 400, method="deposit")
    await refunded(world, used.id, 400)
    assert world.rows("SELECT balance FROM deposits") == [(1_000,)]
    assert world.accounts() == {"bank": 1_000, "deposits": -1_000}
