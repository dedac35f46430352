"""What was paid on an invoice moves in one guarded step, and never beyond what is owed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from deployments.billing.errors import InvoiceNotFound, NotIssued, OverPayment
from deployments.billing.settling import settle
from storage.billing import invoices
from tests.factories.billing import NOW, issued_invoice


@pytest.fixture
def engine(billing_database):
    return billing_database.engine


def test_both_parties_settle_their_share_and_it_is_balanced(engine) -> None:
    with engine.begin() as connection:
        invoice_id = issued_invoice(connection)
        row = settle(connection, invoice_id, party="payer", amount=80_000, at=NOW)
        assert (row["status"], row["settled"]) == ("issued", 80_000)
        row = settle(connection, invoice_id, party="patient", amount=20_000, at=NOW)
        assert (row["status"], row["settled"]) == ("balanced", 100_000)
        row = settle(connection, invoice_id, party="patient", amount=-1, at=NOW)
        assert (row["status"], row["settled"]) == ("issued", 99_999)


@pytest.mark.parametrize(
    ("party", "amount"), [("patient", 20_001), ("payer", 80_001), ("payer", -1)]
)
def test_nobody_settles_more_than_their_share_or_less_than_nothing(engine, party, amount) -> None:
    with engine.begin() as connection, pytest.raises(OverPayment):
        settle(connection, issued_invoice(connection), party=party, amount=amount, at=NOW)


def test_only_what_is_issued_is_settled(engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(InvoiceNotFound):
            settle(connection, uuid4(), party="patient", amount=1, at=NOW)
        draft = {"id": uuid4(), "patient_id": uuid4(), "context": "day:2026-11-23",
                 "currency": "VND", "created_at": NOW, "updated_at": NOW}  # fmt: skip
        invoices.add(connection, draft)
        with pytest.raises(NotIssued):
            settle(connection, draft["id"], party="patient", amount=1, at=NOW)


def test_of_twenty_at_once_only_what_is_owed_gets_through(engine) -> None:
    with engine.begin() as connection:
        invoice_id = issued_invoice(connection, patient_share=10, payer_share=0)

    def pay(_):
        try:
            with engine.begin() as connection:
                settle(connection, invoice_id, party="patient", amount=3, at=NOW)
        except OverPayment:
            return 0
        return 3

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(pay, range(20))) == 9
