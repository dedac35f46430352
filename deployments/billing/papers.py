"""Invoices, credit notes and statements on paper: A4, in English or Vietnamese.

What stands on an invoice is what was frozen when it was issued, so it is the same at any time.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, Spacer, Table, TableStyle

from deployments.billing.credit_schemas import CreditNote
from deployments.billing.paper_writing import Writer
from deployments.billing.schemas import Invoice, InvoiceLine
from deployments.billing.statement_schemas import Statement
from deployments.paper.lettering import style
from deployments.paper.sheets import HEAD, RULE, Sheet, printed
from deployments.schemas import Locale

WIDTHS: Final = [9 * mm, 45 * mm, 18 * mm, 16 * mm, 20 * mm, 21 * mm, 18 * mm, 12 * mm, 21 * mm]
CREDIT_WIDTHS: Final = [10 * mm, 95 * mm, 22 * mm, 25 * mm, 28 * mm]
STATEMENT_WIDTHS: Final = [20 * mm, 45 * mm, 35 * mm, 26 * mm, 28 * mm, 26 * mm]
TOTALS_WIDTHS: Final = [140 * mm, 40 * mm]
GREY: Final = "#5f6368"
RED: Final = "#b3261e"


class House(NamedTuple):
    """Whose paper it is.

    Attributes:
        zone: IANA name, for days on paper.
    """

    hospital: str
    address: str
    tax_code: str
    zone: str


def print_invoice(invoice: Invoice, house: House, locale: Locale) -> bytes:
    """The PDF of an issued invoice.

    Args:
        invoice: with its lines.
        house: the hospital.
        locale: of the words.
    """
    write = Writer(locale, invoice.currency, house.zone)
    words = write.words
    facts = [
        (words.number, invoice.number or ""),
        (words.issued, write.day(invoice.issued_at) if invoice.issued_at else ""),
        (words.due, f"{invoice.due_on:%d/%m/%Y}" if invoice.due_on else ""),
        (words.patient, str(invoice.patient_id)),
    ]

    def story() -> list[Any]:
        banner = [Paragraph(words.cancelled, style(11, bold=True, colour=RED))]
        return [
            *(banner if invoice.status == "cancelled" else []),
            *_head(house, write, facts),
            _lines(invoice.lines, write),
            Spacer(1, 3 * mm),
            _totals(_sums(invoice, write), write),
        ]

    return printed(_sheet(house, write, words.invoice, invoice.number or ""), story)


def print_credit_note(note: CreditNote, invoice_number: str, house: House, locale: Locale) -> bytes:
    """The PDF of an issued credit note.

    Args:
        note: with its lines.
        invoice_number: of the invoice that it takes something of.
        house: the hospital.
        locale: of the words.
    """
    write = Writer(locale, note.currency, house.zone)
    words = write.words
    facts = [
        (words.number, note.number or ""),
        (words.issued, write.day(note.issued_at) if note.issued_at else ""),
        (words.for_invoice, invoice_number),
        (words.patient, str(note.patient_id)),
        (words.reason, words.reasons.get(note.reason, note.reason)),
    ]

    def story() -> list[Any]:
        return [
            *_head(house, write, facts),
            _credit_lines(note, write),
            Spacer(1, 3 * mm),
            _totals(_credit_sums(note, write), write),
        ]

    return printed(_sheet(house, write, words.credit_note, note.number or ""), story)


def print_statement(statement: Statement, house: House, locale: Locale) -> bytes:
    """The PDF of a statement of account.

    Args:
        statement: what happened, and the balances.
        house: the hospital.
        locale: of the words.
    """
    write = Writer(locale, statement.currency, house.zone)
    words = write.words
    period = f"{statement.first_day:%d/%m/%Y} - {statement.last_day:%d/%m/%Y}"
    facts = [(words.patient, str(statement.patient_id)), (words.statement, period)]
    rows = [["", words.opening, "", "", "", write.amount(statement.opening)]]
    rows += [
        [
            write.day(one.at),
            words.kinds.get(one.kind, one.kind),
            one.number or "",
            write.amount(one.amount) if one.amount > 0 else "",
            write.amount(-one.amount) if one.amount < 0 else "",
            write.amount(one.balance),
        ]
        for one in statement.movements
    ]

    def story() -> list[Any]:
        empty = [] if statement.movements else [Paragraph(words.nothing, style(9))]
        return [
            *_head(house, write, facts),
            _table(words.statement_columns, rows, STATEMENT_WIDTHS, left={1, 2}),
            *empty,
            Spacer(1, 3 * mm),
            _totals([(words.closing, statement.closing)], write),
        ]

    return printed(_sheet(house, write, words.statement, period), story)


def _sheet(house: House, write: Writer, title: str, number: str) -> Sheet:
    subject = f"{title} {number}".strip()
    return Sheet(house.hospital, title, subject, subject, write.words.page, write.locale)


def _head(house: House, write: Writer, facts: Sequence[tuple[str, str]]) -> list[Any]:
    tax_code = f"{write.words.tax_code}: {house.tax_code}" if house.tax_code else ""
    whose = " · ".join(part for part in (house.address, tax_code) if part)
    rows = [
        [Paragraph(escape(name), style(8.5, colour=GREY)), Paragraph(escape(value), style(8.5))]
        for name, value in facts
    ]
    table = Table(rows, colWidths=[40 * mm, 140 * mm])
    every = (0, 0), (-1, -1)
    table.setStyle(TableStyle([(f"{side}PADDING", *every, 1) for side in ("TOP", "BOTTOM")]))
    above = [Paragraph(escape(whose), style(8, colour=GREY))] if whose else []
    return [*above, Spacer(1, 2 * mm), table, Spacer(1, 4 * mm)]


def _lines(lines: Sequence[InvoiceLine], write: Writer) -> Table:
    rows = [
        [
            str(line.position),
            write.name(line),
            write.day(line.performed_at),
            write.quantity(line.quantity),
            write.amount(line.unit_price),
            write.amount(line.base + line.surcharge),
            write.amount(line.discount + line.exemption),
            f"{write.quantity(line.tax_percent)} %" if line.tax_percent else "-",
            write.amount(line.total),
        ]
        for line in lines
    ]
    return _table(write.words.columns, rows, WIDTHS, left={1})


def _credit_lines(note: CreditNote, write: Writer) -> Table:
    rows = [
        [
            str(place),
            write.name(line),
            write.quantity(line.quantity) if line.quantity else "",
            write.amount(line.tax),
            write.amount(line.total),
        ]
        for place, line in enumerate(note.lines, 1)
    ]
    return _table(write.words.credit_columns, rows, CREDIT_WIDTHS, left={1})


def _credit_sums(note: CreditNote, write: Writer) -> list[tuple[str, int]]:
    """What is zero is left out, but for the total."""
    words = write.words
    sums = [
        (words.net, note.total - note.tax),
        (words.tax, note.tax),
        (words.total, note.total),
        (words.patient_credit, note.patient_part),
        (words.payer_credit, note.payer_part),
        (words.given_back, note.patient_surplus),
    ]
    return [one for one in sums if one[1] or one[0] == words.total]


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], left: set[int]
) -> Table:
    def cell(text: str, place: int, *, bold: bool = False) -> Paragraph:
        return Paragraph(escape(text), style(8, bold=bold) if place in left else _right(8, bold))

    head = [cell(name, place, bold=True) for place, name in enumerate(columns)]
    body = [[cell(text, place) for place, text in enumerate(row)] for row in rows]
    table = Table([head, *body], colWidths=widths, repeatRows=1, splitInRow=1)
    every = (0, 0), (-1, -1)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), HEAD),
                ("LINEBELOW", *every, 0.25, RULE),
                ("VALIGN", *every, "MIDDLE"),
                *((f"{side}PADDING", *every, 2) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")),
            ]
        )
    )
    return table


def _sums(invoice: Invoice, write: Writer) -> list[tuple[str, int]]:
    """The sums of the frozen lines; what is zero is left out, but for the total."""
    words = write.words

    def of(name: str) -> int:
        return sum(getattr(line, name) for line in invoice.lines)

    every = [
        (words.base, of("base")),
        (words.surcharge, of("surcharge")),
        (words.exemption, -of("exemption")),
        (words.discount, -of("discount")),
        (words.net, of("total") - of("tax")),
        (words.tax, of("tax")),
        (words.total, of("total")),
        (words.patient_share, of("patient_share")),
        (words.payer_share, of("payer_share")),
    ]
    return [(name, amount) for name, amount in every if amount or name == words.total]


def _totals(sums: Sequence[tuple[str, int]], write: Writer) -> Table:
    strong = {write.words.total, write.words.closing}
    rows = [
        [
            Paragraph(escape(name), _right(9, name in strong)),
            Paragraph(escape(write.with_currency(amount)), _right(9, name in strong)),
        ]
        for name, amount in sums
    ]
    table = Table(rows, colWidths=TOTALS_WIDTHS)
    every = (0, 0), (-1, -1)
    table.setStyle(TableStyle([(f"{side}PADDING", *every, 1.5) for side in ("TOP", "BOTTOM")]))
    return table


def _right(size: float, bold: bool) -> ParagraphStyle:
    plain = style(size, bold=bold)
    return ParagraphStyle(f"{plain.name}-right", parent=plain, alignment=TA_RIGHT)
