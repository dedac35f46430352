"""From rows to what is shown."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from deployments.billing.drafting import Priced
from deployments.billing.schemas import DraftLine, Invoice, InvoiceLine, InvoiceSummary

AMOUNTS = ("unit_price", "base", "surcharge", "discount", "exemption", "tax", "total")


def invoice(row: RowMapping, lines: Sequence[RowMapping], draft: Sequence[Priced] = ()) -> Invoice:
    """An invoice with its lines, or a draft with what they would be."""
    shown = {
        name: row[name] for name in Invoice.model_fields if name not in {"lines", "draft_lines"}
    }
    return Invoice(
        **shown,
        lines=[invoice_line(line) for line in lines],
        draft_lines=[draft_line(one) for one in draft],
    )


def invoice_line(row: RowMapping) -> InvoiceLine:
    """A line of an invoice."""
    return InvoiceLine(**{name: row[name] for name in InvoiceLine.model_fields})


def draft_line(one: Priced) -> DraftLine:
    """A charge on a draft."""
    same = ("charge_item_id", "area", "code", "performed_at", "quantity")
    line = one.line
    amounts: dict[str, Any] = dict.fromkeys(AMOUNTS, 0)
    if line is not None:
        amounts = {name: getattr(line, name) for name in AMOUNTS}
    return DraftLine(
        **{name: one.charge[name] for name in same},
        **amounts,
        name_en=one.name_en,
        name_vi=one.name_vi,
        priced=line is not None,
        waiver=one.waiver,
        tax_percent=None if line is None else line.tax_percent,
    )


def summary(row: RowMapping) -> InvoiceSummary:
    """An invoice in a list."""
    return InvoiceSummary(**{name: row[name] for name in InvoiceSummary.model_fields})
