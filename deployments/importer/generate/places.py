"""Addresses in Ho Chi Minh City and telephone numbers that nobody can have."""

from random import Random

from deployments.importer.generate.resource import Json

CITY = "Thành phố Hồ Chí Minh"

# District, wards in it and streets that run through it (names as used before the reform of
# July 2025, which is how people still give their address).
DISTRICTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Quận 1", ("Phường Bến Nghé", "Phường Bến Thành", "Phường Đa Kao", "Phường Tân Định"),
     ("Lê Lợi", "Hai Bà Trưng", "Nguyễn Thị Minh Khai", "Đinh Tiên Hoàng", "Lý Tự Trọng")),
    ("Quận 3", ("Phường Võ Thị Sáu", "Phường 4", "Phường 9", "Phường 11"),
     ("Võ Văn Tần", "Nam Kỳ Khởi Nghĩa", "Cách Mạng Tháng Tám", "Lê Văn Sỹ")),
    ("Quận 5", ("Phường 2", "Phường 7", "Phường 11", "Phường 14"),
     ("Trần Hưng Đạo", "Nguyễn Trãi", "An Dương Vương", "Hồng Bàng")),
    ("Quận 7", ("Phường Tân Phong", "Phường Tân Phú", "Phường Tân Quy", "Phường Phú Mỹ"),
     ("Nguyễn Văn Linh", "Huỳnh Tấn Phát", "Lê Văn Lương", "Nguyễn Thị Thập")),
    ("Quận 10", ("Phường 2", "Phường 12", "Phường 14", "Phường 15"),
     ("Ba Tháng Hai", "Sư Vạn Hạnh", "Tô Hiến Thành", "Lý Thường Kiệt")),
    ("Quận Bình Thạnh", ("Phường 13", "Phường 22", "Phường 25", "Phường 26"),
     ("Xô Viết Nghệ Tĩnh", "Điện Biên Phủ", "Bạch Đằng", "Nơ Trang Long")),
    ("Quận Phú Nhuận", ("Phường 1", "Phường 7", "Phường 9", "Phường 13"),
     ("Phan Xích Long", "Phan Đăng Lưu", "Nguyễn Văn Trỗi", "Huỳnh Văn Bánh")),
    ("Quận Tân Bình", ("Phường 2", "Phường 4", "Phường 12", "Phường 15"),
     ("Hoàng Văn Thụ", "Cộng Hòa", "Trường Chinh", "Âu Cơ")),
    ("Quận Gò Vấp", ("Phường 3", "Phường 5", "Phường 10", "Phường 17"),
     ("Quang Trung", "Phan Văn Trị", "Nguyễn Oanh", "Lê Đức Thọ")),
    ("Thành phố Thủ Đức",
     ("Phường Thảo Điền", "Phường An Phú", "Phường Hiệp Phú", "Phường Linh Trung"),
     ("Xa lộ Hà Nội", "Quốc Hương", "Lê Văn Việt", "Võ Văn Ngân")),
)  # fmt: skip


def address(random: Random) -> Json:
    """A FHIR Address somewhere in the city."""
    district, wards, streets = random.choice(DISTRICTS)
    number = f"{random.randint(2, 480)}"
    if random.random() < 0.35:
        number += f"/{random.randint(1, 60)}"  # a house in an alley
    return {
        "use": "home",
        "type": "both",
        "line": [f"{number} {random.choice(streets)}", random.choice(wards)],
        "district": district,
        "city": CITY,
        "postalCode": "700000",
        "country": "VN",
    }


def phone(number: int) -> str:
    """A number of Vietnam that cannot be assigned: none starts with 0 after the country code."""
    return f"+84000{number:06d}"


def foreign_phone(number: int) -> str:
    """A British mobile number from the range that Ofcom keeps for drama."""
    return f"+447700900{number % 1000:03d}"
