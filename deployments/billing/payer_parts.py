"""What each payer owes of an invoice, when a credit note lowers what they owe together."""

from uuid import UUID

from sqlalchemy import Connection

from storage.billing import policy_years


def lower(connection: Connection, invoice_id: UUID, amount: int) -> None:
    """Lowers what the payers owe, the last one first; what is not paid yet goes before what is.

    The caller holds the lock of the invoice, and lowers the payers' share of it by the same.

    Args:
        connection: in the transaction of the credit note.
        invoice_id: the credited one.
        amount: minor units.
    """
    shares = policy_years.shares_of(connection, invoice_id)[::-1]
    expected = {one["coverage_id"]: one["expected"] for one in shares}
    settled = {one["coverage_id"]: one["settled"] for one in shares}
    for share in shares:
        key = share["coverage_id"]
        taken = min(amount, expected[key] - settled[key])
        expected[key] -= taken
        amount -= taken
    for share in shares:
        key = share["coverage_id"]
        taken = min(amount, settled[key])
        expected[key] -= taken
        settled[key] -= taken
        amount -= taken
    for key, left in expected.items():
        columns = {"expected": left, "settled": settled[key]}
        policy_years.change_share(connection, invoice_id, key, **columns)
