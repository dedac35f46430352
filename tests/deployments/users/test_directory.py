"""Finding practitioners and patients, with the right eyes only."""

from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.users.account_schemas import PatientSearch, PractitionerSearch
from deployments.users.codes import SPECIALTY_NAMES, Specialty
from deployments.users.errors import PatientNotFound, PractitionerNotFound
from deployments.users.profile_schemas import PatientFields
from deployments.users.schemas import AddressFields
from storage.audit import audit_log
from tests.factories.users import administrator, doctor_profile, imported_doctor, principal

ANYBODY = principal()


async def found(clinic, **wanted):
    page = await clinic.users.directory.search(ANYBODY, PractitionerSearch(**wanted))
    return [item.name for item in page.items]


@pytest.fixture
async def staff(clinic):
    """Three doctors; one does not work here any more."""
    paediatrics = doctor_profile(
        department="Children", specialties=["paediatrics", "cardiology"], languages=["vi", "fr"]
    )
    await clinic.doctor()
    await clinic.doctor(family_name="Nguyễn", given_name="Ánh", profile=paediatrics)
    gone = await clinic.doctor(family_name="Nguyen", given_name="Gone")
    await clinic.users.administration.deactivate(administrator(), gone)
    return gone


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["BS. Nguyễn Ánh", "BS. Trần Văn Đức"]),
        ({"name": "nguyen"}, ["BS. Nguyễn Ánh"]),
        ({"name": "Đức tran"}, ["BS. Trần Văn Đức"]),
        ({"name": "%"}, []),
        ({"specialty": "paediatrics"}, ["BS. Nguyễn Ánh"]),
        ({"specialty": "cardiology", "language": "en"}, ["BS. Trần Văn Đức"]),
        ({"department": "Children"}, ["BS. Nguyễn Ánh"]),
        ({"language": "fr", "role": "doctor"}, ["BS. Nguyễn Ánh"]),
        ({"role": "nurse"}, []),
    ],
)
async def test_practitioners_are_found_by_everything_given(clinic, staff, wanted, names):
    assert await found(clinic, **wanted) == names


async def test_pages_of_practitioners_repeat_and_miss_nobody(clinic):
    imports = clinic.users.imports
    for number in range(7):
        same_name = {"family_name": "Lê", "given_name": "An" if number < 5 else "Bình"}
        await imports.import_person(administrator(), imported_doctor(**same_name))
    seen, cursor = [], None
    while True:
        wanted = PractitionerSearch(limit=2, cursor=cursor)
        page = await clinic.users.directory.search(ANYBODY, wanted)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7


async def test_services_find_practitioners(clinic, staff):
    directory = clinic.users.directory
    doctors = await directory.find_practitioners(Specialty.CARDIOLOGY, None, None)
    assert [item.name for item in doctors] == ["BS. Nguyễn Ánh", "BS. Trần Văn Đức"]
    by_id = await directory.find_practitioners(None, None, [doctors[1].id, staff, uuid4()])
    assert [item.id for item in by_id] == [doctors[1].id]
    assert await directory.find_practitioners(None, None, []) == []
    assert not (await directory.find_practitioner(staff)).active
    for user_id in (uuid4(), await clinic.patient()):
        with pytest.raises(PractitionerNotFound):
            await directory.find_practitioner(user_id)


async def test_services_list_everybody_active_of_a_role(clinic, staff):
    contacts = clinic.users.contacts
    here = await clinic.users.directory.find_practitioners(None, None, None)
    assert await contacts.list_members(Role.DOCTOR) == sorted(one.id for one in here)
    assert await contacts.list_members(Role.PRIVACY_OFFICER) == []


def test_every_specialty_has_its_names():
    assert set(SPECIALTY_NAMES) == set(Specialty)
    assert all(english and vietnamese for english, vietnamese in SPECIALTY_NAMES.values())


NURSE = principal(uuid4(), Role.NURSE)


async def search(clinic, **wanted):
    page = await clinic.users.patients.search(NURSE, PatientSearch.model_validate(wanted))
    return [item.name for item in page.items]


async def test_staff_find_patients(clinic):
    mai = await clinic.patient()
    await clinic.patient(family_name="Nguyễn", given_name="Hoà", birth_date="1985-01-01")
    await clinic.doctor()
    assert await search(clinic) == ["Nguyễn Hoà", "Nguyễn Thị Mai"]
    assert await search(clinic, name="mai NGUYEN") == ["Nguyễn Thị Mai"]
    assert await search(clinic, birth_date="1985-01-01") == ["Nguyễn Hoà"]
    brief = await clinic.users.patients.get_brief(mai)
    number = brief.medical_record_number
    assert await search(clinic, medical_record_number=number) == ["Nguyễn Thị Mai"]
    assert await search(clinic, name="mai", birth_date="1985-01-01") == []


async def test_patients_do_not_find_patients(clinic):
    with pytest.raises(Forbidden):
        await clinic.users.patients.search(ANYBODY, PatientSearch())


async def test_another_patients_id_looks_like_an_unknown_one(clinic):
    mai, other = await clinic.patient(), await clinic.patient()
    refusals = []
    for patient_id in (mai, uuid4()):
        with pytest.raises(PatientNotFound) as refusal:
            await clinic.users.patients.get(principal(other), patient_id)
        refusals.append(refusal.value.args)
    assert refusals[0] == refusals[1]
    assert (await clinic.users.patients.get(principal(mai), mai)).name == "Nguyễn Thị Mai"


async def test_readers_see_what_their_work_needs(clinic):
    mai = await clinic.patient()
    me = principal(mai)
    home = AddressFields(line=["12 Trần Phú"], city="Đà Nẵng", country="VN")
    await clinic.users.own_addresses.add(me, home)
    fields = {
        "blood_group": "O+",
        "insurance": {"payer": "BHXH", "member_number": "GD479"},
        "emergency_contact": {"name": "An", "relationship": "son", "phone": "0912345678"},
    }
    request = PatientFields.model_validate(fields)
    await clinic.users.own_profile.change_profile(me, request, None)

    async def seen_by(caller):
        patient = await clinic.users.patients.get(caller, mai)
        return [
            name
            for name in ("blood_group", "emergency_contact", "insurance", "phone", "addresses")
            if getattr(patient, name)
        ]

    assert await seen_by(me) == [
        "blood_group",
        "emergency_contact",
        "insurance",
        "phone",
        "addresses",
    ]
    assert await seen_by(NURSE) == ["blood_group", "emergency_contact", "phone", "addresses"]
    officer = principal(uuid4(), Role.BILLING_OFFICER)
    assert await seen_by(officer) == ["insurance", "phone", "addresses"]


async def test_every_reading_by_somebody_else_is_audited(clinic):
    mai, other = await clinic.patient(), await clinic.patient()
    await clinic.users.patients.get(principal(mai), mai)
    await clinic.users.patients.get(NURSE, mai)
    await search(clinic, name="mai")
    with pytest.raises(PatientNotFound):
        await clinic.users.patients.get(principal(other), mai)
    rows = await clinic.database.read(
        lambda conn: conn.execute(audit_log.select().order_by(audit_log.c.sequence)).all()
    )
    readings = [
        (row.action, row.actor_id, row.patient_id, row.outcome)
        for row in rows
        if row.object_type == "Patient"
    ]
    assert readings == [
        ("users.patient-read", NURSE.user_id, mai, "success"),
        ("users.patients-searched", NURSE.user_id, None, "success"),
        ("users.patient-read", other, mai, "denied"),
    ]


async def test_services_ask_whether_a_patient_exists(clinic):
    mai, doctor = await clinic.patient(), await clinic.doctor()
    assert await clinic.users.patients.exists(mai)
    assert not await clinic.users.patients.exists(doctor)
    assert not await clinic.users.patients.exists(uuid4())
    await clinic.users.administration.deactivate(administrator(), mai)
    assert not await clinic.users.patients.exists(mai)
    with pytest.raises(PatientNotFound):
        await clinic.users.patients.get_brief(doctor)
