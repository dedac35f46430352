"""Claim adjustment reason codes in words for patients, English and Vietnamese; the words are ours.

The codes are those of the external code list 139 of X12; we know the ones that payers here use.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Text(NamedTuple):
    """The same in both languages."""

    en: str
    vi: str


REASONS: Final[Mapping[str, Text]] = {
    "1": Text("Deductible", "Mức khấu trừ"),
    "2": Text("Co-insurance", "Đồng chi trả theo tỷ lệ"),
    "3": Text("Co-payment", "Đồng chi trả mỗi lần khám"),
    "18": Text("Claimed before", "Đã yêu cầu thanh toán trước đó"),
    "23": Text("Paid or adjusted by an earlier payer", "Đơn vị trả trước đã thanh toán"),
    "26": Text("Before the insurance began", "Trước ngày bảo hiểm có hiệu lực"),
    "27": Text("After the insurance ended", "Sau ngày bảo hiểm hết hiệu lực"),
    "29": Text("Claimed too late", "Quá thời hạn yêu cầu thanh toán"),
    "31": Text("Not known as insured", "Không xác định được người được bảo hiểm"),
    "45": Text("Above the agreed price", "Vượt giá đã thỏa thuận"),
    "96": Text("Not covered", "Không thuộc phạm vi được hưởng"),
    "119": Text("Ceiling reached", "Đã đạt mức trần quyền lợi"),
    "179": Text("Waiting period", "Trong thời gian chờ"),
    "181": Text("Service code not valid", "Mã dịch vụ không hợp lệ"),
    "197": Text("No consent beforehand", "Chưa được chấp thuận trước"),
    "204": Text("Not in this plan", "Không có trong gói bảo hiểm này"),
}
OTHER: Final = Text("See the payer's answer", "Xem trả lời của đơn vị bảo hiểm")


def text_of(code: str) -> Text:
    """The words of a code."""
    return REASONS.get(code, OTHER)
