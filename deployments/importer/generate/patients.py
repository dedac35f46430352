"""The patients: age, sex and marital state are the simulator's, all else is Vietnamese."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from deployments.importer import vocabulary
from deployments.importer.generate import places
from deployments.importer.generate.names import Name, foreign, vietnamese
from deployments.importer.generate.resource import Json, identifier

FOREIGN_EVERY = 13  # one patient in so many is a foreigner
ADULT = 18


def blood_groups(observations: Iterable[Json]) -> dict[str, str]:
    """ABO group and rhesus factor, as in `A+`, of each simulated patient that has both."""
    abo: dict[str, str] = {}
    rhesus: dict[str, str] = {}
    for observation in observations:
        codes = {coding.get("code") for coding in observation["code"]["coding"]}
        patient = observation["subject"]["reference"].removeprefix("Patient/")
        if "883-9" in codes:
            abo[patient] = observation["valueCodeableConcept"]["text"].rsplit(" ", 1)[1]
        elif "10331-7" in codes:
            positive = observation["valueCodeableConcept"]["text"].endswith("positive")
            rhesus[patient] = "+" if positive else "-"
    return {patient: abo[patient] + rhesus[patient] for patient in abo.keys() & rhesus.keys()}


def patients(
    random: Random, generated: Iterable[Json], blood: Mapping[str, str], year: int
) -> Iterator[tuple[str, Json]]:
    """The id of each simulated patient that is alive, in order, and ours made of it."""
    alive = sorted(
        (p for p in generated if "deceasedDateTime" not in p), key=lambda p: str(p["id"])
    )
    used: set[str] = set()
    for number, source in enumerate(alive, start=1):
        made = _patient(random, number, source, year, used)
        if group := blood.get(source["id"]):
            made["extension"] = [{"url": vocabulary.BLOOD_GROUP, "valueCode": group}]
        yield source["id"], made


def _patient(random: Random, number: int, source: Json, year: int, used: set[str]) -> Json:
    born = int(source["birthDate"][:4])
    name = _name(random, number, source["gender"], born)
    abroad = name.locale == "en"
    phone = places.foreign_phone(number) if abroad else places.phone(100_000 + number)
    telecom = [{"system": "phone", "value": phone, "use": "mobile"}]
    if year - born >= ADULT and number % 9:  # some people have no e-mail address
        telecom.append({"system": "email", "value": _email(name, used), "use": "home"})
    record_number = identifier(vocabulary.MEDICAL_RECORD_NUMBER, f"BA-{100_000 + number}", "MR")
    insurance = {
        **identifier(vocabulary.HEALTH_INSURANCE, f"XX000{number:010d}", "SB"),
        "assigner": {"display": "Bảo hiểm xã hội Việt Nam"},
        "period": {"end": f"{year + 1}-{random.randint(1, 12):02d}-28"},
    }
    language = {"system": vocabulary.LANGUAGE, "code": name.locale}
    made: Json = {
        "resourceType": "Patient",
        "id": f"patient-{number:03d}",
        "identifier": [record_number],
        "active": True,
        "name": [{"use": "official", **_name_parts(name)}],
        "telecom": telecom,
        "gender": source["gender"],
        "birthDate": source["birthDate"],
        "address": [places.address(random)],
        "contact": [_contact(random, number, name, born, year)],
        "communication": [{"language": {"coding": [language]}, "preferred": True}],
    }  # fmt: skip
    if not abroad:
        made["identifier"].append(insurance)
    if "maritalStatus" in source:
        made["maritalStatus"] = source["maritalStatus"]
    return made


def _name(random: Random, number: int, gender: str, born: int) -> Name:
    if number % FOREIGN_EVERY == 0:
        return foreign(gender, number // FOREIGN_EVERY)
    return vietnamese(random, gender, born)


def _name_parts(name: Name) -> Json:
    return {"text": name.text, "family": name.family, "given": list(name.given)}


def _email(name: Name, used: set[str]) -> str:
    slug, again = name.slug, 1
    while slug in used:
        again += 1
        slug = f"{name.slug}{again}"
    used.add(slug)
    return f"{slug}@example.org"


def _contact(random: Random, number: int, name: Name, born: int, year: int) -> Json:
    """Whom to call: a parent of a child, somebody of the family otherwise."""
    gender = random.choice(("female", "male"))
    minor = year - born < ADULT
    relative_born = born - random.randint(22, 34) if minor else born + random.randint(-6, 6)
    if name.locale == "en":
        relative = foreign(gender, number // FOREIGN_EVERY + 1)
        relative = Name(name.family, relative.given, "en")
    else:
        family = name.family if gender == "male" or not minor else None
        relative = vietnamese(random, gender, relative_born, family)
    code, display = ("PRN", "parent") if minor else ("FAMMEMB", "family member")
    system = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    phone = places.phone(200_000 + number)
    return {
        "relationship": [{"coding": [{"system": system, "code": code, "display": display}]}],
        "name": _name_parts(relative),
        "telecom": [{"system": "phone", "value": phone, "use": "mobile"}],
        "gender": gender,
    }
