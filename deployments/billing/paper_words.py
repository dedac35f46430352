"""The words of invoices, credit notes and statements in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deployments.schemas import Locale


@dataclass(frozen=True)
class Words:
    """Everything that stands on the papers besides names and amounts."""

    invoice: str
    credit_note: str
    statement: str
    number: str
    issued: str
    due: str
    patient: str
    tax_code: str
    for_invoice: str
    reason: str
    page: str
    columns: tuple[str, ...]
    credit_columns: tuple[str, ...]
    statement_columns: tuple[str, ...]
    base: str
    surcharge: str
    exemption: str
    discount: str
    net: str
    tax: str
    total: str
    patient_share: str
    payer_share: str
    patient_credit: str
    payer_credit: str
    given_back: str
    cancelled: str
    tax_free: str
    opening: str
    closing: str
    nothing: str
    kinds: Mapping[str, str]
    reasons: Mapping[str, str]


ENGLISH: Final = Words(
    invoice="Invoice",
    credit_note="Credit note",
    statement="Statement of account",
    number="Number",
    issued="Issued",
    due="Due",
    patient="Patient",
    tax_code="Tax code",
    for_invoice="For invoice",
    reason="Reason",
    page="Page",
    columns=(
        "No.",
        "What was done",
        "Day",
        "Quantity",
        "Unit price",
        "Amount",
        "Less",
        "VAT",
        "Total",
    ),
    credit_columns=("No.", "What is credited", "Quantity", "VAT", "Total"),
    statement_columns=("Day", "What", "Number", "Owed", "Paid or credited", "Balance"),
    base="Services and goods",
    surcharge="Surcharges",
    exemption="Exempted",
    discount="Discounts",
    net="Total without VAT",
    tax="VAT",
    total="Total",
    patient_share="To be paid by the patient",
    payer_share="To be paid by the insurer",
    patient_credit="The patient owes less",
    payer_credit="The insurer owes less",
    given_back="Paid already, to be given back to the patient",
    cancelled="CANCELLED: everything on this invoice was credited",
    tax_free="not subject to VAT",
    opening="Balance before",
    closing="Balance",
    nothing="Nothing happened in this time.",
    kinds={
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "payment": "Payment",
        "refund": "Refund",
        "reversal": "Payment taken back",
        "write_off": "Written off",
    },
    reasons={
        "undone": "It was taken back or not done",
        "wrong-item": "Wrong item",
        "wrong-patient": "Wrong patient",
        "wrong-price": "Wrong price",
        "duplicate": "Charged twice",
        "complaint": "Complaint",
        "goodwill": "Goodwill",
        "other": "Other",
    },
)  # fmt: skip

VIETNAMESE: Final = Words(
    invoice="Hoá đơn",
    credit_note="Hoá đơn điều chỉnh giảm",
    statement="Bảng kê công nợ",
    number="Số",
    issued="Ngày lập",
    due="Hạn thanh toán",
    patient="Người bệnh",
    tax_code="Mã số thuế",
    for_invoice="Cho hoá đơn",
    reason="Lý do",
    page="Trang",
    columns=(
        "STT", "Nội dung", "Ngày", "Số lượng", "Đơn giá", "Thành tiền", "Giảm", "GTGT", "Cộng",
    ),
    credit_columns=("STT", "Nội dung được giảm", "Số lượng", "Thuế GTGT", "Cộng"),
    statement_columns=(
        "Ngày", "Nội dung", "Số", "Phải trả", "Đã trả hoặc được giảm", "Số dư",
    ),
    base="Dịch vụ và hàng hoá",
    surcharge="Phụ thu",
    exemption="Miễn giảm",
    discount="Chiết khấu",
    net="Cộng trước thuế",
    tax="Thuế GTGT",
    total="Tổng cộng",
    patient_share="Người bệnh trả",
    payer_share="Bảo hiểm trả",
    patient_credit="Giảm phần người bệnh trả",
    payer_credit="Giảm phần bảo hiểm trả",
    given_back="Đã trả trước, được hoàn lại cho người bệnh",
    cancelled="ĐÃ HUỶ: toàn bộ hoá đơn này đã được giảm",
    tax_free="không chịu thuế GTGT",
    opening="Số dư đầu kỳ",
    closing="Số dư cuối kỳ",
    nothing="Không có phát sinh trong thời gian này.",
    kinds={
        "invoice": "Hoá đơn",
        "credit_note": "Hoá đơn điều chỉnh giảm",
        "payment": "Thanh toán",
        "refund": "Hoàn tiền",
        "reversal": "Thanh toán bị thu hồi",
        "write_off": "Xoá nợ",
    },
    reasons={
        "undone": "Đã trả lại hoặc không thực hiện",
        "wrong-item": "Sai mục",
        "wrong-patient": "Sai người bệnh",
        "wrong-price": "Sai giá",
        "duplicate": "Tính hai lần",
        "complaint": "Khiếu nại",
        "goodwill": "Thiện chí",
        "other": "Khác",
    },
)  # fmt: skip

WORDS: Final[Mapping[Locale, Words]] = {"en": ENGLISH, "vi": VIETNAMESE}
