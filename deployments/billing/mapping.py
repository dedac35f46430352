"""From rows to what is shown."""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from deployments.billing.schemas import Invoice, InvoiceLine


def invoice(row: RowMapping, lines: Sequence[RowMapping]) -> Invoice:
    """An invoice with its lines."""
    shown = {name: row[name] for name in Invoice.model_fields if name != "lines"}
    return Invoice(**shown, lines=[invoice_line(line) for line in lines])


def invoice_line(row: RowMapping) -> InvoiceLine:
    """A line of an invoice."""
    return InvoiceLine(**{name: row[name] for name in InvoiceLine.model_fields})
