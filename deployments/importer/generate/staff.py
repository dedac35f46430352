"""The hospital's places, staff and weekly hours."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from deployments.importer import vocabulary
from deployments.importer.generate import places
from deployments.importer.generate.names import Name, vietnamese
from deployments.importer.generate.resource import Json, concept, identifier, reference

MORNING = ("07:30:00", "11:30:00")
AFTERNOON = ("13:30:00", "16:30:00")
EVENING = ("17:00:00", "20:00:00")
SLOT_MINUTES = 15
WEEK = ("mon", "tue", "wed", "thu", "fri")

SPECIALTIES = {
    "general-practice": ("General practice", "Khoa Khám bệnh"),
    "cardiology": ("Cardiology", "Khoa Tim mạch"),
    "paediatrics": ("Paediatrics", "Khoa Nhi"),
    "obstetrics-and-gynaecology": ("Obstetrics and gynaecology", "Khoa Phụ sản"),
    "orthopaedics": ("Orthopaedics", "Khoa Chấn thương chỉnh hình"),
    "dermatology": ("Dermatology", "Khoa Da liễu"),
    "endocrinology": ("Endocrinology", "Khoa Nội tiết"),
}
OTHER_DEPARTMENTS = {
    "pharmacy": "Khoa Dược",
    "laboratory": "Khoa Xét nghiệm",
    "billing": "Phòng Tài chính kế toán",
    "administration": "Ban Giám đốc",
}
ROLE_NAMES = {
    "doctor": "Doctor",
    "nurse": "Nurse",
    "pharmacist": "Pharmacist",
    "lab_technician": "Laboratory technician",
    "billing_officer": "Billing officer",
    "administrator": "Administrator",
    "privacy_officer": "Privacy officer",
}
SECTIONS = (("CH", "Chemistry"), ("HM", "Hematology"), ("MB", "Microbiology"))
HL7_ROLES = {"doctor", "nurse", "pharmacist"}
FIRST_POSTS = 29
"""Whoever was hired later has a chance of their own, so that nobody else changes."""


@dataclass(frozen=True)
class Post:
    """One job in the hospital, before somebody has it.

    Attributes:
        days: weekdays on which the doctor sees patients, with the hours of each.
    """

    role: str
    department: str
    gender: str
    born: int
    qualification: str
    english: bool = False
    days: tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], ...] = ()


def _all_week(
    *hours: tuple[str, str],
) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
    return ((WEEK, hours),)


DOCTOR = "Bác sĩ chuyên khoa I"
SENIOR = "Bác sĩ chuyên khoa II"
PHD = "Tiến sĩ, Bác sĩ"

OFFICE_HOURS = _all_week(MORNING, AFTERNOON)
POSTS: tuple[Post, ...] = (
    Post("doctor", "general-practice", "female", 1978, DOCTOR, True, OFFICE_HOURS),
    Post("doctor", "general-practice", "male", 1984, DOCTOR, True, OFFICE_HOURS),
    Post("doctor", "general-practice", "female", 1990, DOCTOR, False,
         ((WEEK, (AFTERNOON, EVENING)), (("sat",), (MORNING,)))),
    Post("doctor", "cardiology", "male", 1969, PHD, True, OFFICE_HOURS),
    Post("doctor", "cardiology", "female", 1981, SENIOR, True, OFFICE_HOURS),
    Post("doctor", "paediatrics", "female", 1975, SENIOR, True, OFFICE_HOURS),
    Post("doctor", "paediatrics", "male", 1987, DOCTOR, False,
         ((("mon", "wed", "fri"), (AFTERNOON, EVENING)), (("sat",), (MORNING,)))),
    Post("doctor", "obstetrics-and-gynaecology", "female", 1973, SENIOR, True, OFFICE_HOURS),
    Post("doctor", "obstetrics-and-gynaecology", "female", 1986, DOCTOR, False,
         ((("tue", "thu"), (MORNING, AFTERNOON)), (("sat",), (MORNING,)))),
    Post("doctor", "orthopaedics", "male", 1972, PHD, True, _all_week(MORNING)),
    Post("doctor", "orthopaedics", "male", 1985, DOCTOR, False,
         ((("mon", "wed", "fri"), (MORNING, AFTERNOON)),)),
    Post("doctor", "dermatology", "female", 1983, DOCTOR, True, OFFICE_HOURS),
    Post("doctor", "endocrinology", "male", 1977, SENIOR, True, OFFICE_HOURS),
    Post("doctor", "endocrinology", "female", 1988, DOCTOR, False,
         ((("mon", "tue", "thu"), (MORNING, AFTERNOON)),)),
    Post("nurse", "general-practice", "female", 1985, "Cử nhân Điều dưỡng", True),
    Post("nurse", "cardiology", "female", 1990, "Cử nhân Điều dưỡng"),
    Post("nurse", "paediatrics", "female", 1994, "Cử nhân Điều dưỡng"),
    Post("nurse", "obstetrics-and-gynaecology", "female", 1982, "Cử nhân Hộ sinh"),
    Post("nurse", "orthopaedics", "male", 1992, "Cử nhân Điều dưỡng"),
    Post("nurse", "endocrinology", "female", 1996, "Cao đẳng Điều dưỡng"),
    Post("pharmacist", "pharmacy", "male", 1980, "Dược sĩ chuyên khoa I", True),
    Post("pharmacist", "pharmacy", "female", 1989, "Dược sĩ đại học"),
    Post("pharmacist", "pharmacy", "female", 1995, "Dược sĩ đại học"),
    Post("lab_technician", "laboratory", "male", 1983, "Cử nhân Xét nghiệm y học"),
    Post("lab_technician", "laboratory", "female", 1991, "Cử nhân Xét nghiệm y học"),
    Post("lab_technician", "laboratory", "female", 1997, "Cao đẳng Xét nghiệm y học"),
    Post("billing_officer", "billing", "female", 1979, "Cử nhân Kế toán"),
    Post("billing_officer", "billing", "male", 1993, "Cử nhân Kế toán"),
    Post("administrator", "administration", "male", 1974, "Thạc sĩ Quản lý bệnh viện", True),
    Post("privacy_officer", "administration", "female", 1986, "Thạc sĩ Luật", True),
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """Somebody on the staff, with the FHIR resources that say so."""

    post: Post
    practitioner: Json
    role: Json
    location: Json
    schedule: Json | None = field(default=None)


def locations() -> dict[str, Json]:
    """The hospital, its departments and a room for each doctor, by code."""
    site = _location("hospital", "Bệnh viện Đa khoa Sông Xanh", "si", "Site")
    site["address"] = {
        "use": "work", "line": ["128 Nguyễn Trãi", "Phường 2"], "district": "Quận 5",
        "city": places.CITY, "postalCode": "700000", "country": "VN",
    }  # fmt: skip
    site["telecom"] = [{"system": "phone", "value": places.phone(1)}]
    made = {"hospital": site}
    departments = {code: names[1] for code, names in SPECIALTIES.items()} | OTHER_DEPARTMENTS
    for code, name in departments.items():
        made[code] = {**_location(code, name, "wa", "Ward"), "partOf": reference(site)}
    doctors = [post for post in POSTS if post.role == "doctor"]
    for number, post in enumerate(doctors, start=1):
        code = f"room-{number:02d}"
        room = _location(code, f"Phòng khám {100 + number}", "ro", "Room")
        made[code] = {**room, "partOf": reference(made[post.department])}
    return made


def staff(random: Random, at: dict[str, Json], horizon: tuple[str, str]) -> Iterator[Member]:
    """Everybody on the staff, doctors first. `horizon` is the planning horizon of the schedules."""
    used: set[str] = set()
    for number, post in enumerate(POSTS, start=1):
        chance = random if number <= FIRST_POSTS else Random(number)  # noqa: S311 - names
        name = _unused(chance, post, used)
        practitioner = _practitioner(chance, number, post, name)
        place = at[f"room-{number:02d}"] if post.role == "doctor" else at[post.department]
        role = _role(number, post, practitioner, at[post.department], place)
        schedule = _schedule(number, practitioner, role, place, horizon) if post.days else None
        yield Member(post, practitioner, role, place, schedule)


def _location(code: str, name: str, physical: str, kind: str) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/location-physical-type"
    return {
        "resourceType": "Location",
        "id": f"location-{code}",
        "identifier": [identifier(vocabulary.LOCATION_CODE, code)],
        "status": "active",
        "mode": "instance",
        "name": name,
        "physicalType": concept(system, physical, kind),
    }


def _unused(random: Random, post: Post, used: set[str]) -> Name:
    while (name := vietnamese(random, post.gender, post.born)).slug in used:
        pass
    used.add(name.slug)
    return name


def _practitioner(random: Random, number: int, post: Post, name: Name) -> Json:
    languages = ["vi", "en"] if post.english else ["vi"]
    licence = identifier(vocabulary.LICENCE, f"DEMO-CCHN-{number:05d}")
    prefix = {"prefix": ["BS."]} if post.role == "doctor" else {}
    return {
        "resourceType": "Practitioner",
        "id": f"practitioner-{number:03d}",
        "identifier": [identifier(vocabulary.STAFF_NUMBER, f"NV-{number:04d}", "EI")],
        "active": True,
        "name": [{"use": "official", "text": name.text, "family": name.family,
                  "given": list(name.given), **prefix}],
        "telecom": [{"system": "phone", "value": places.phone(1000 + number), "use": "work"},
                    {"system": "email", "value": f"{name.slug}@medray.example", "use": "work"}],
        "address": [places.address(random)],
        "gender": post.gender,
        "birthDate": f"{post.born}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}",
        "qualification": [{"identifier": [licence], "code": {"text": post.qualification}}],
        "communication": [
            {"coding": [{"system": vocabulary.LANGUAGE, "code": code}]} for code in languages
        ],
    }  # fmt: skip


def _role(number: int, post: Post, practitioner: Json, department: Json, place: Json) -> Json:
    code = concept(vocabulary.ROLE, post.role, ROLE_NAMES[post.role])
    if post.role in HL7_ROLES:
        code["coding"].append({"system": vocabulary.HL7_ROLE, "code": post.role})
    role: Json = {
        "resourceType": "PractitionerRole",
        "id": f"role-{number:03d}",
        "identifier": [identifier(vocabulary.STAFF_ROLE_NUMBER, f"NV-{number:04d}-1")],
        "active": True,
        "practitioner": reference(practitioner, practitioner["name"][0]["text"]),
        "code": [code],
        "location": [reference(place, place["name"])],
    }
    if place is not department:
        role["location"].append(reference(department, department["name"]))
    if post.role == "doctor":
        name = SPECIALTIES[post.department][0]
        role["specialty"] = [concept(vocabulary.SPECIALTY, post.department, name)]
    if post.role == "lab_technician":
        section = SECTIONS[number % len(SECTIONS)]
        role["specialty"] = [concept(vocabulary.HL7_LABORATORY_SECTION, *section)]
    if post.days:
        minutes = {"url": vocabulary.SLOT_MINUTES, "valuePositiveInt": SLOT_MINUTES}
        role["extension"] = [minutes]
        role["availableTime"] = [
            {"daysOfWeek": list(days), "availableStartTime": start, "availableEndTime": end}
            for days, hours in post.days
            for start, end in hours
        ]
    return role


def _schedule(
    number: int, practitioner: Json, role: Json, place: Json, horizon: tuple[str, str]
) -> Json:
    return {
        "resourceType": "Schedule",
        "id": f"schedule-{number:03d}",
        "identifier": [identifier(vocabulary.SCHEDULE_NUMBER, f"NV-{number:04d}-1")],
        "active": True,
        "specialty": role["specialty"],
        "actor": [reference(practitioner), reference(role), reference(place)],
        "planningHorizon": {"start": horizon[0], "end": horizon[1]},
    }
