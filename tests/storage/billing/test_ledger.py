"""The ledger balances, is only added to, and knows a source once; the database sees to it."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.billing import ledger
from storage.billing.ledger import Line
from storage.billing.ledger_tables import ENTRIES
from storage.columns import new_id
from tests.factories.billing import NOW, issued_invoice


def post(connection, lines, source_id=None, kind="payment", **values):
    source = {"source_kind": "Payment", "source_id": source_id or uuid4()}
    defaults = {"currency": "VND", "at": NOW, "actor_id": uuid4()}
    return ledger.post(connection, kind=kind, lines=lines, **source, **(defaults | values))


def pair(amount, **about):
    return [Line("cash", amount), Line("receivable_patient", -amount, **about)]


@pytest.fixture
def engine(billing_database):
    return billing_database.engine


def test_balances_are_kept_by_account_party_and_invoice(engine) -> None:
    party = uuid4()
    with engine.begin() as connection:
        invoice_id = issued_invoice(connection)
        post(connection, pair(700, party_id=party, invoice_id=invoice_id))
        post(connection, pair(300))
        post(connection, pair(5), currency="USD")
        owed = ("receivable_patient",)
        assert ledger.balance(connection, "cash", currency="VND") == 1000
        assert ledger.balance(connection, *owed, currency="VND", party_id=party) == -700
        assert ledger.balance(connection, *owed, currency="VND", invoice_id=invoice_id) == -700
        assert ledger.balance(connection, *owed, currency="USD") == -5
        assert ledger.invoice_balances(connection, invoice_id) == {"receivable_patient": -700}


def test_a_source_is_posted_once_in_each_kind(engine) -> None:
    source = uuid4()
    with engine.begin() as connection:
        assert post(connection, pair(100), source) is not None
        assert post(connection, pair(100), source) is None
        assert post(connection, pair(-100), source, kind="refund") is not None
        assert ledger.balance(connection, "cash", currency="VND") == 0


@pytest.mark.parametrize("lines", [[], [Line("cash", 1)], [Line("cash", 2), Line("bank", -1)]])
def test_what_is_not_balanced_is_refused_in_code(engine, lines) -> None:
    with engine.begin() as connection, pytest.raises(ValueError, match="add up to zero"):
        post(connection, lines)


def test_and_by_the_database_at_commit(engine) -> None:
    entry = {
        "id": new_id(), "kind": "x", "source_kind": "x", "source_id": uuid4(), "currency": "VND",
        "at": NOW, "actor_id": uuid4(),
    }  # fmt: skip
    line = text("INSERT INTO ledger_lines (entry_id, position, account, amount) VALUES (:id, 0,"
                " 'cash', 1)")  # fmt: skip
    connection = engine.connect()
    connection.execute(ENTRIES.insert(), entry)
    connection.execute(line, entry)
    with pytest.raises(DBAPIError, match="is not balanced"):
        connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_lines SET amount = amount + 1",
        "DELETE FROM ledger_lines",
        "UPDATE ledger_entries SET kind = 'other'",
        "DELETE FROM ledger_entries",
        (
            "INSERT INTO ledger_lines (entry_id, position, account, amount)"
            " SELECT id, 9, 'cash', 1 FROM ledger_entries"
        ),
    ],
)
def test_what_was_posted_never_changes(engine, statement) -> None:
    with engine.begin() as connection:
        post(connection, pair(100))
    with engine.connect() as connection, pytest.raises(DBAPIError, match=r"append-only|closed"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoices SET total = total + 1, patient_share = patient_share + 1",
        "UPDATE invoices SET number = 'x'",
        "DELETE FROM invoices",
        "UPDATE invoice_lines SET total = total",
        "DELETE FROM invoice_lines",
        (
            "INSERT INTO invoice_lines SELECT gen_random_uuid(), invoice_id, 9, gen_random_uuid(),"
            " area, code, name_en, name_vi, performed_at, performer_id, quantity, unit_price, base,"
            " surcharge, discount, exemption, tax_percent, tax, total, patient_share, payer_share"
            " FROM invoice_lines"
        ),
    ],
)
def test_an_issued_invoice_is_frozen(engine, statement) -> None:
    with engine.begin() as connection:
        issued_invoice(connection)
    with engine.connect() as connection, pytest.raises(DBAPIError, match=r"append-only|is issued"):
        connection.execute(text(statement))
