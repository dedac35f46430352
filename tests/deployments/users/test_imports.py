"""Taking people in from other systems, without doubling them."""

import asyncio

import pytest

from deployments.access import Principal, Role
from deployments.errors import Forbidden
from deployments.users.account_schemas import PersonFields
from deployments.users.errors import (
    EmailTaken,
    IdentifiersDisagree,
    IncompletePerson,
    LicenceTaken,
)
from deployments.users.schemas import Identifier
from storage.users.tables import Address, PatientProfile, User
from tests.factories.users import an_email, imported_doctor, imported_patient, principal

IMPORTER = Principal.for_service("import")


@pytest.fixture
def take_in(clinic):
    async def take_in(person):
        return await clinic.users.imports.import_person(IMPORTER, person)

    return take_in


async def test_a_person_is_made_once(clinic, take_in):
    person = imported_patient()
    first, second = await take_in(person), await take_in(person)
    assert (first.outcome, second.outcome) == ("created", "unchanged")
    assert first.id == second.id
    identifier = person.identifiers[0]
    found = await clinic.users.imports.find_by_identifier(identifier.system, identifier.value)
    assert found == first.id
    assert await clinic.users.imports.find_by_identifier("urn:other", "nobody") is None
    brief = await clinic.users.patients.get_brief(first.id)
    assert (brief.gender, str(brief.birth_date)) == ("male", "1971-02-03")
    (address,) = await clinic.rows(Address)
    assert (address.line, address.city) == (["1 Lê Lợi"], "Huế")


async def test_a_change_there_is_a_change_here(clinic, take_in):
    person = imported_patient()
    made = await take_in(person)
    caller = principal(made.id)
    fields = PersonFields(family_name="Lê", given_name="Hoàng", phone="0987 654 321", locale="vi")
    await clinic.users.own_profile.change_person(caller, fields, None)
    extra = Identifier(system="urn:third", value="x")
    changed = person.model_copy(
        update={
            "given_name": "Huy",
            "blood_group": None,
            "identifiers": [*person.identifiers, extra],
        }
    )
    assert (await take_in(changed)).outcome == "updated"
    assert (await take_in(changed)).outcome == "unchanged"
    account = await clinic.users.own_profile.get_account(caller)
    assert account.display_name == "Lê Huy"
    assert (account.phone, account.locale) == ("0987 654 321", "vi"), "not said there: kept here"
    (profile,) = await clinic.rows(PatientProfile)
    assert profile.blood_group == "O-"
    assert len(await clinic.rows(Address)) == 1
    assert await clinic.users.imports.find_by_identifier("urn:third", "x") == made.id


async def test_ten_parallel_imports_make_one_person(clinic, take_in):
    person = imported_patient()
    outcomes = await asyncio.gather(*(take_in(person) for _ in range(10)))
    assert len({outcome.id for outcome in outcomes}) == 1
    assert [outcome.outcome for outcome in outcomes].count("created") == 1
    assert len(await clinic.rows(User)) == 1


async def test_identifiers_of_two_people_are_refused(take_in):
    one, other = imported_patient(), imported_patient()
    await take_in(one)
    await take_in(other)
    both = one.model_copy(update={"identifiers": [*one.identifiers, *other.identifiers]})
    with pytest.raises(IdentifiersDisagree):
        await take_in(both)


async def test_addresses_and_licences_are_not_shared(clinic, take_in):
    email = an_email()
    await clinic.patient(email=email)
    with pytest.raises(EmailTaken):
        await take_in(imported_patient(email=email))
    doctor = imported_doctor()
    await take_in(doctor)
    with pytest.raises(LicenceTaken):
        await take_in(imported_doctor(licence_number=doctor.licence_number))


@pytest.mark.parametrize(
    ("role", "fields", "missing"),
    [
        (Role.DOCTOR, {"specialties": []}, ["/specialties"]),
        (
            Role.NURSE,
            {"licence_number": None, "department": None},
            ["/licence_number", "/department"],
        ),
        (Role.LAB_TECHNICIAN, {}, ["/section"]),
    ],
)
async def test_staff_without_what_their_role_needs_are_refused(take_in, role, fields, missing):
    with pytest.raises(IncompletePerson) as refusal:
        await take_in(imported_doctor(role=role, **fields))
    assert [error.pointer for error in refusal.value.errors] == missing


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SERVICE])
async def test_every_role_can_be_imported(clinic, take_in, role):
    section = {"laboratory_section": "HM"} if role == Role.LAB_TECHNICIAN else {}
    made = await take_in(imported_doctor(role=role, **section))
    contact = await clinic.users.contacts.get(made.id)
    assert contact.roles == [role]


async def test_the_directory_is_told_of_staff_only(clinic, take_in):
    await take_in(imported_patient())
    assert clinic.directory_changes == 0
    doctor = imported_doctor()
    await take_in(doctor)
    await take_in(doctor)
    assert clinic.directory_changes == 1


async def test_only_administrators_and_software_import(clinic):
    with pytest.raises(Forbidden):
        await clinic.users.imports.import_person(principal(), imported_patient())
