"""Settling invoices: the one place where what was paid on them changes.

Nothing is posted here: whoever took or gave the money posts it to the ledger in the same
transaction, and calls `settle`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.errors import InvoiceNotFound, NotIssued, OverPayment
from storage.billing import invoices
from storage.billing.invoices import Party


def settle(
    connection: Connection, invoice_id: UUID, *, party: Party, amount: int, at: datetime
) -> RowMapping:
    """Adds `amount` to what the party has settled of an invoice; the row afterwards.

    One guarded UPDATE, so that no race settles more than is owed. The status moves with it:
    issued <-> balanced.

    Args:
        connection: in the transaction that posts the money.
        invoice_id: which invoice.
        party: whose share it is.
        amount: minor units of the invoice's currency; negative takes a settlement back.
        at: when.

    Raises:
        InvoiceNotFound: there is none.
        NotIssued: it is a draft, or cancelled.
        OverPayment: the party would have settled more than its share, or less than nothing.
    """
    row = invoices.settle(connection, invoice_id, party, amount, at)
    if row is not None:
        return row
    found = invoices.find(connection, invoice_id)
    if found is None:
        raise InvoiceNotFound
    if found["status"] not in {"issued", "balanced"}:
        raise NotIssued
    raise OverPayment
