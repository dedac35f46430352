"""Invoices and ledger entries for tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, update

from storage.billing import invoices
from storage.billing.invoice_tables import INVOICES
from storage.columns import new_id

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def issued_invoice(
    connection: Connection, *, patient_share: int = 20_000, payer_share: int = 80_000, **values: Any
) -> UUID:
    """An issued invoice with one line; the ledger is not posted."""
    invoice_id, total = new_id(), patient_share + payer_share
    draft = {
        "id": invoice_id,
        "patient_id": uuid4(),
        "context": f"day:{invoice_id}",
        "currency": "VND",
        "created_at": NOW,
        "updated_at": NOW,
    }
    shares = {"patient_share": patient_share, "payer_share": payer_share}
    invoices.add(connection, draft | values)
    invoices.add_lines(connection, [invoice_line(invoice_id, total, shares)])
    issue = update(INVOICES).where(INVOICES.c.id == invoice_id)
    issued = {"status": "issued", "number": invoice_id.hex, "issued_at": NOW, "total": total}
    connection.execute(issue.values({**issued, **shares}))
    return invoice_id


def invoice_line(invoice_id: UUID, total: int, shares: dict[str, int]) -> dict[str, Any]:
    """The row of a line that costs `total`."""
    zero = dict.fromkeys(("surcharge", "discount", "exemption", "tax"), 0)
    return {
        "id": new_id(),
        "invoice_id": invoice_id,
        "position": 1,
        "charge_item_id": uuid4(),
        "area": "consultation",
        "code": "VISIT",
        "name_en": "Visit",
        "name_vi": "Khám bệnh",
        "performed_at": NOW,
        "quantity": 1,
        "unit_price": total,
        "base": total,
        "total": total,
        **zero,
        **shares,
    }
