"""FHIR Patient and Practitioner to people, case by case."""

from typing import Any

import pytest

from deployments.access import Role
from deployments.importer import vocabulary
from deployments.importer.fhir import people
from deployments.importer.fhir.shape import NotTaken
from deployments.users.codes import Specialty
from tests.factories.importer import SYSTEM, coded, patient, practitioner, role

HOME = {"line": ["1 Lê Lợi"], "city": "Huế", "country": "VN"}


def phone(value: str, **more: Any) -> dict[str, Any]:
    return {"system": "phone", "value": value, **more}


def language(code: str, **more: Any) -> dict[str, Any]:
    return {"language": coded("urn:ietf:bcp:47", code), **more}


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({}, {"family_name": "Nguyễn", "given_name": "Thị Hoa", "role": Role.PATIENT}),
        ({}, {"active": True, "email": None, "phone": None, "locale": None, "address": None}),
        ({"active": False}, {"active": False}),
        ({"deceasedBoolean": True}, {"active": False}),
        ({"deceasedDateTime": "2026-01-01"}, {"active": False}),
        ({"deceasedBoolean": False}, {"active": True}),
        ({"gender": "female"}, {"gender": "female"}),
        ({"gender": "frau"}, {"gender": "unknown"}),
        ({"birthDate": "1980"}, {"birth_date": None}),
        (
            {"name": [{"use": "old", "family": "Lê", "given": ["A"]},
                      {"family": "Mai", "given": ["B"]},
                      {"use": "official", "family": "Võ", "given": [" C ", ""]}]},
            {"family_name": "Võ", "given_name": "C"},
        ),
        ({"telecom": [phone("+84000000001"), phone("+84000000002", rank=1)]},
         {"phone": "+84000000002"}),
        ({"telecom": [phone("+84000000001", use="old"), phone("+84000000002")]},
         {"phone": "+84000000002"}),
        ({"telecom": [{"system": "email", "value": "Hoa@Example.ORG"}]},
         {"email": "hoa@example.org"}),
        ({"communication": [language("fr"), language("en"), language("vi-VN", preferred=True)]},
         {"locale": "vi"}),
        ({"communication": [language("fr")]}, {"locale": None}),
        ({"address": [{"country": "USA"}]}, {"address": None}),
        ({"extension": [{"url": vocabulary.BLOOD_GROUP, "valueCode": "AB-"}]},
         {"blood_group": "AB-"}),
        ({"extension": [{"url": vocabulary.BLOOD_GROUP, "valueCode": "Z"}]},
         {"blood_group": None}),
    ],
)  # fmt: skip
def test_patient(fields: dict[str, Any], taken: dict[str, Any]) -> None:
    person = people.patient(patient(**fields))

    assert {name: getattr(person, name) for name in taken} == taken


def test_patient_with_everything_else() -> None:
    contact = {
        "name": {"text": "Lê Văn An"},
        "relationship": [{"text": "father"}],
        "telecom": [phone("+84000000009")],
    }
    insurance = {
        "system": "https://insurance.example",
        "value": "XX1",
        "type": coded(vocabulary.HL7_IDENTIFIER_TYPE, "SB"),
        "assigner": {"display": "Bảo hiểm"},
        "period": {"end": "2027-12-31"},
    }
    own = {"system": SYSTEM, "value": "p1"}
    person = people.patient(
        patient(identifier=[own, insurance, own], contact=[{}, contact], address=[HOME])
    )

    assert [(one.system, one.value) for one in person.identifiers] == [
        (SYSTEM, "p1"),
        ("https://insurance.example", "XX1"),
    ]
    assert person.emergency_contact is not None
    assert person.emergency_contact.relationship == "father"
    assert person.insurance is not None
    assert (person.insurance.payer, str(person.insurance.valid_until)) == ("Bảo hiểm", "2027-12-31")
    assert person.address is not None
    assert person.address.city == "Huế"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"identifier": None}, "no identifier with system and value"),
        ({"identifier": [{"value": "1"}]}, "no identifier with system and value"),
        ({"identifier": "1"}, "no identifier with system and value"),
        ({"name": None}, "name: needs family and given"),
        ({"name": [{"text": "Nguyễn Thị Hoa"}]}, "name: needs family and given"),
        ({"name": [{"family": "Lê", "given": []}]}, "name: needs family and given"),
        ({"link": [{"type": "replaced-by"}]}, "link: merged into another patient"),
        ({"birthDate": "0980-05-17"}, "birth_date: not valid"),
        ({"telecom": [{"system": "email", "value": "Hoa Nguyen"}]}, "email: not valid"),
        ({"telecom": [phone("call me")]}, "phone: String should match pattern"),
        ({"name": [{"family": "x" * 201, "given": ["y"]}]}, "family_name: String should have"),
    ],
)
def test_patients_that_are_refused_without_quoting_them(
    fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotTaken) as refused:
        people.patient(patient(**fields))

    assert str(refused.value).startswith(reason)
    assert not any(word in str(refused.value) for word in ("Hoa", "Nguyễn", "xxx", "call"))


def test_staff() -> None:
    languages = [coded("urn:ietf:bcp:47", code) for code in ("vi", "en")]
    doctor = practitioner(communication=languages)
    second = role("r2", specialty=[coded(vocabulary.SPECIALTY, "dermatology")])

    person = people.staff(doctor, [role(), second], "Khoa Tim mạch")

    assert (person.role, person.prefix, person.department) == ("doctor", "BS.", "Khoa Tim mạch")
    assert person.specialties == [Specialty.CARDIOLOGY, Specialty.DERMATOLOGY]
    assert (person.licence_number, person.qualifications) == ("L-1", ["Bác sĩ"])
    assert person.languages == ["vi", "en"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [(coded(vocabulary.ROLE, one), one) for one in sorted(people.OUR_ROLES)]
    + [(coded(vocabulary.HL7_ROLE, one), one) for one in sorted(people.HL7_ROLES)],
)
def test_roles(code: dict[str, Any], expected: str) -> None:
    assert people.role_of([role() | {"code": [coded("other", "x"), code]}]) == expected


@pytest.mark.parametrize("code", [[], [coded(vocabulary.ROLE, "patient")], [{"text": "doctor"}]])
def test_roles_that_nobody_has_here(code: list[dict[str, Any]]) -> None:
    with pytest.raises(NotTaken):
        people.role_of([role() | {"code": code}])


@pytest.mark.parametrize("kind", people.LICENCE_TYPES)
def test_licence_among_the_identifiers(kind: str) -> None:
    typed = {"value": "L-9", "type": coded(vocabulary.HL7_IDENTIFIER_TYPE, kind)}
    doctor = practitioner(qualification=None)
    doctor["identifier"].append(typed)

    assert people.staff(doctor, [role()], "x").licence_number == "L-9"


def test_section_of_a_laboratory_technician() -> None:
    sections = [coded(vocabulary.HL7_LABORATORY_SECTION, "HM")]
    technician = role(code="lab_technician", specialty=sections)

    person = people.staff(practitioner(), [technician], "x")

    assert (person.laboratory_section, person.specialties) == ("HM", [])


def test_what_is_left_out_is_told() -> None:
    told = list(people.left_out(patient(birthDate="1980", address=[{}], contact=[{}])))

    assert [part.partition(":")[0] for part in told] == ["birthDate", "contact", "address"]
    assert list(people.left_out(patient(address=[HOME]))) == []
