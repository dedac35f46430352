"""The words of the report in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Words:
    """Everything that stands on a report besides its values."""

    title: str
    report: str
    version: str
    page: str
    patient: str
    born: str
    sex: str
    order: str
    ordered: str
    reason: str
    specimen: str
    collected: str
    released: str
    by_rules: str
    by_person: str
    corrected: str
    before: str
    pending: str
    not_calculated: str
    legend: str
    columns: Sequence[str]
    statuses: Mapping[str, str]
    sexes: Mapping[str, str]
    departments: Mapping[str, str]
    conditions: Mapping[str, str]


ENGLISH: Final = Words(
    title="Laboratory report",
    report="Report",
    version="version",
    page="Page",
    patient="Patient",
    born="Born",
    sex="Sex",
    order="Order",
    ordered="Ordered",
    reason="Diagnosis",
    specimen="specimen",
    collected="collected",
    released="released",
    by_rules="verified by rules",
    by_person="verified by a person",
    corrected="Corrected",
    before="before:",
    pending="Still pending",
    not_calculated="Not calculated: the formula does not hold for these values or this patient.",
    legend="L below, H above the reference interval; LL !!, HH !! critical; A ! abnormal. "
    "Shaded: reference interval; dot: this result.",
    columns=("Test", "Result", "Flag", "Reference interval", "Trend"),
    statuses={
        "preliminary": "PRELIMINARY REPORT",
        "final": "FINAL REPORT",
        "amended": "AMENDED REPORT",
        "corrected": "CORRECTED REPORT",
    },
    sexes={"male": "male", "female": "female", "other": "other", "unknown": "unknown"},
    departments={
        "haematology": "Haematology",
        "coagulation": "Coagulation",
        "chemistry": "Clinical chemistry",
        "immunology": "Immunology",
        "serology": "Serology",
        "microbiology": "Microbiology",
        "urinalysis": "Urinalysis",
        "endocrinology": "Endocrinology",
        "blood-bank": "Blood bank",
        "blood-gas": "Blood gases",
        "molecular": "Molecular diagnostics",
    },
    conditions={},
)
VIETNAMESE: Final = Words(
    title="Phiếu kết quả xét nghiệm",
    report="Phiếu",
    version="phiên bản",
    page="Trang",
    patient="Người bệnh",
    born="Ngày sinh",
    sex="Giới tính",
    order="Chỉ định",
    ordered="Ngày chỉ định",
    reason="Chẩn đoán",
    specimen="mẫu",
    collected="lấy mẫu",
    released="trả kết quả",
    by_rules="duyệt tự động theo quy tắc",
    by_person="người có thẩm quyền duyệt",
    corrected="Đã đính chính",
    before="trước đó:",
    pending="Chưa có kết quả",
    not_calculated="Không tính: công thức không áp dụng cho các kết quả hoặc người bệnh này.",
    legend="L thấp, H cao hơn khoảng tham chiếu; LL !!, HH !! nguy kịch; A ! bất thường. "
    "Vùng tô: khoảng tham chiếu; chấm: kết quả lần này.",
    columns=("Xét nghiệm", "Kết quả", "Cờ", "Khoảng tham chiếu", "Diễn tiến"),
    statuses={
        "preliminary": "KẾT QUẢ SƠ BỘ",
        "final": "KẾT QUẢ CHÍNH THỨC",
        "amended": "KẾT QUẢ BỔ SUNG",
        "corrected": "KẾT QUẢ ĐÍNH CHÍNH",
    },
    sexes={"male": "nam", "female": "nữ", "other": "khác", "unknown": "không rõ"},
    departments={
        "haematology": "Huyết học",
        "coagulation": "Đông máu",
        "chemistry": "Hóa sinh",
        "immunology": "Miễn dịch",
        "serology": "Huyết thanh học",
        "microbiology": "Vi sinh",
        "urinalysis": "Nước tiểu",
        "endocrinology": "Nội tiết",
        "blood-bank": "Truyền máu",
        "blood-gas": "Khí máu",
        "molecular": "Sinh học phân tử",
    },
    conditions={
        "haemolysed": "tán huyết",
        "lipaemic": "huyết thanh đục mỡ",
        "icteric": "huyết thanh vàng",
        "clotted": "đông vón",
        "underfilled": "thiếu thể tích",
        "warm": "không giữ lạnh",
        "late": "gửi muộn",
    },
)
WORDS: Final[Mapping[str, Words]] = {"en": ENGLISH, "vi": VIETNAMESE}
