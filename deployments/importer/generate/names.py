"""Believable Vietnamese and foreign names, picked by a seeded generator; nobody real is meant."""

import unicodedata
from dataclasses import dataclass
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Family names with rough shares of the Vietnamese population (per mille): a few cover most people.
FAMILIES = {
    "Nguyễn": 310, "Trần": 110, "Lê": 95, "Phạm": 70, "Huỳnh": 45, "Phan": 45, "Võ": 35,
    "Vũ": 30, "Đặng": 25, "Bùi": 22, "Đỗ": 18, "Hồ": 16, "Ngô": 15, "Dương": 13,
    "Lý": 10, "Hoàng": 30, "Trương": 15, "Đinh": 10, "Mai": 8, "Lâm": 8, "Châu": 4,
    "Tạ": 4, "Cao": 5, "Quách": 2,
}  # fmt: skip
MIDDLES = {
    "female": _words("Thị Thị Ngọc Thùy Thanh Kim Bảo Phương Mỹ Hồng Khánh Minh"),
    "male": _words("Văn Văn Hữu Minh Đức Quốc Thanh Gia Anh Công Hoàng Xuân"),
}
GIVEN_OLDER = {
    "female": _words(
        "Lan Hoa Cúc Sen Mai Liên Nga Hạnh Tuyết Nhàn Bích Loan Hường Thu Xuân Yến Phượng Huệ"
    ),
    "male": _words(
        "Hùng Dũng Sơn Bình Thành Lộc Tài Phúc Hải Thắng Cường Long Nghĩa Trí Tâm Khải Đạt Quang"
    ),
}
GIVEN_YOUNGER = {
    "female": _words(
        "Anh Linh Trang Vy Ngân Thảo My Hân Nhi Châu Quỳnh Trâm Uyên An Diệp Giang Ánh Thư"
    ),
    "male": _words(
        "Khôi Bảo Huy Khang Phong Nam Kiệt Đăng Nhật Thịnh Vinh Khoa Duy Lâm Tùng Quân Hiếu Trung"
    ),
}
FOREIGN = {
    "female": (
        ("Bennett", "Claire"),
        ("Okafor", "Adaeze"),
        ("Dubois", "Camille"),
        ("Kowalska", "Zofia"),
        ("Sato", "Haruka"),
        ("Lindqvist", "Elin"),
    ),
    "male": (
        ("Whitmore", "Daniel"),
        ("Fraser", "Callum"),
        ("Moreau", "Julien"),
        ("Novak", "Tomáš"),
        ("Kim", "Joon-ho"),
        ("Rossi", "Matteo"),
    ),
}


@dataclass(frozen=True)
class Name:
    """A person's name: `given` holds middle and given name in the order of writing."""

    family: str
    given: tuple[str, ...]
    locale: str = "vi"

    @property
    def text(self) -> str:
        """The name as its owner writes it: family first in Vietnamese, last in English."""
        parts = (self.family, *self.given) if self.locale == "vi" else (*self.given, self.family)
        return " ".join(parts)

    @property
    def slug(self) -> str:
        """ASCII for an e-mail address: given.family."""
        return f"{_ascii(self.given[-1])}.{_ascii(self.family)}"


def vietnamese(random: Random, gender: str, birth_year: int, family: str | None = None) -> Name:
    """A Vietnamese name that fits sex and generation."""
    given = (GIVEN_OLDER if birth_year < 1985 else GIVEN_YOUNGER)[gender]
    family = family or random.choices(list(FAMILIES), list(FAMILIES.values()))[0]
    first = random.choice(given)
    middle = random.choice([middle for middle in MIDDLES[gender] if middle != first])
    return Name(family, (middle, first))


def foreign(gender: str, number: int) -> Name:
    """The foreign patient of that number."""
    family, given = FOREIGN[gender][number % len(FOREIGN[gender])]
    return Name(family, (given,), locale="en")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in plain if c.isascii() and c.isalpha()).lower()
