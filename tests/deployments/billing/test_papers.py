"""Invoices, credit notes and statements on paper say what was frozen, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pypdfium2
import pytest

from deployments.billing.credit_schemas import CreditNote, CreditNoteLine
from deployments.billing.paper_words import WORDS
from deployments.billing.papers import House, print_credit_note, print_invoice, print_statement
from deployments.billing.schemas import Invoice, InvoiceLine
from deployments.billing.statement_schemas import AccountMovement, Statement

HOUSE = House(
    "Bệnh viện Đa khoa medray", "12 Trần Hưng Đạo, Hà Nội", "0101234567", "Asia/Ho_Chi_Minh"
)
ID = UUID("01930000-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def line(position: int = 1, **values) -> InvoiceLine:
    drug = position % 2 == 0
    base = 200_000 if drug else 150_000
    net = base - (50_000 if drug else 0)
    tax = net // 20 if drug else 0
    known = {
        "id": ID, "position": position, "charge_item_id": ID,
        "area": "pharmacy" if drug else "consultation", "code": "X",
        "name_en": "Amlodipine 5 mg <b> & valsartan" if drug else "Consultation",
        "name_vi": "Amlodipin 5 mg <b> & valsartan viên nén bao phim" if drug else "Khám bệnh",
        "performed_at": AT, "quantity": Decimal("20.000") if drug else Decimal(1),
        "unit_price": 10_000 if drug else 150_000, "base": base, "surcharge": 0,
        "discount": 50_000 if drug else 0, "exemption": 0,
        "tax_percent": Decimal("5.00") if drug else None, "tax": tax, "total": net + tax,
        "patient_share": net + tax, "payer_share": 0,
    }  # fmt: skip
    return InvoiceLine(**(known | values))


def invoice(count: int = 2, **values) -> Invoice:
    lines = [line(position) for position in range(1, count + 1)]
    total = sum(one.total for one in lines)
    known = {
        "id": ID, "number": "HD-2026-00000017", "status": "issued", "patient_id": ID,
        "currency": "VND", "total": total, "tax": sum(one.tax for one in lines), "credited": 0,
        "patient_share": total, "payer_share": 0, "patient_settled": 0, "payer_settled": 0,
        "settled": 0, "encounter_id": None, "day": None, "issued_at": AT,
        "due_on": date(2026, 11, 30), "lines": lines, "draft_lines": [], "version": 2,
    }  # fmt: skip
    return Invoice(**(known | values))


def credit_note(**values) -> CreditNote:
    taken = CreditNoteLine(
        invoice_line_id=ID, position=2, area="pharmacy", code="X", name_en="Amlodipine",
        name_vi="Amlodipin", quantity=Decimal("5.000"), amount=None, tax=1_875, total=39_375,
    )  # fmt: skip
    known = {
        "id": ID, "number": "DC-2026-00000003", "status": "issued", "kind": "reversal",
        "invoice_id": ID, "patient_id": ID, "currency": "VND", "reason": "undone", "text": None,
        "total": 39_375, "tax": 1_875, "patient_part": 39_375, "payer_part": 0,
        "patient_surplus": 39_375, "payer_surplus": 0, "issued_at": AT, "created_at": AT,
        "lines": [taken], "version": 2,
    }  # fmt: skip
    return CreditNote(**(known | values))


def statement() -> Statement:
    rows = [("invoice", "HD-2026-00000017", 307_500, 307_500), ("payment", None, -307_500, 0)]
    names = ("kind", "number", "amount", "balance")
    movements = [AccountMovement(at=AT, **dict(zip(names, row, strict=True))) for row in rows]
    return Statement(
        patient_id=ID, currency="VND", first_day=date(2026, 11, 1), last_day=date(2026, 11, 30),
        opening=0, movements=movements, closing=0,
    )  # fmt: skip


def words_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_an_invoice_says_what_is_owed_in_both_languages() -> None:
    english, vietnamese = (words_of(print_invoice(invoice(), HOUSE, at)) for at in ("en", "vi"))
    for part in ("Invoice", "HD-2026-00000017", "307,500 VND", "Discounts", "-50,000", "5 %"):
        assert part in english
    for part in ("Hoá đơn", "Khám bệnh", "307.500 VND", "Người bệnh trả", "Mã số thuế"):
        assert part in vietnamese
    assert "<b> & valsartan" in english
    assert "Exempted" not in english


def test_a_credit_note_names_its_invoice_and_what_goes_back() -> None:
    words = words_of(print_credit_note(credit_note(), "HD-2026-00000017", HOUSE, "vi"))
    assert "Hoá đơn điều chỉnh giảm DC-2026-00000003" in words
    for part in ("HD-2026-00000017", "39.375 VND", "hoàn lại"):
        assert part in words


def test_a_statement_runs_its_balance() -> None:
    words = words_of(print_statement(statement(), HOUSE, "en"))
    assert words.count("307,500") == 3
    assert "Balance before" in words


def test_amounts_have_the_decimals_of_their_currency() -> None:
    words = words_of(print_invoice(invoice(currency="USD"), HOUSE, "en"))
    assert "3,075.00 USD" in words


def test_a_cancelled_invoice_says_so_and_a_draft_does_not_exist() -> None:
    assert "CANCELLED" in words_of(print_invoice(invoice(status="cancelled"), HOUSE, "en"))
    assert "CANCELLED" not in words_of(print_invoice(invoice(), HOUSE, "en"))


def test_the_same_invoice_is_the_same_paper() -> None:
    assert print_invoice(invoice(), HOUSE, "vi") == print_invoice(invoice(), HOUSE, "vi")


def test_long_invoices_go_on_with_their_heading() -> None:
    pdf = pypdfium2.PdfDocument(print_invoice(invoice(120), HOUSE, "en"))
    pages = [page.get_textpage().get_text_range() for page in pdf]
    assert len(pages) > 2
    assert all("Unit price" in page for page in pages)
    assert f"Page 1 / {len(pages)}" in pages[0]


@pytest.mark.parametrize("field", ["kinds", "reasons"])
def test_both_languages_have_the_same_words(field) -> None:
    assert getattr(WORDS["en"], field).keys() == getattr(WORDS["vi"], field).keys()
