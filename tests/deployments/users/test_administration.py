"""What administrators do."""

import asyncio
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.errors import Forbidden, PreconditionFailed
from deployments.users.account_schemas import AccountSearch, RolesChange
from deployments.users.errors import (
    LastAdministrator,
    LicenceTaken,
    ProfileMissing,
    UserNotFound,
)
from deployments.users.profile_schemas import DoctorFields
from tests.factories.users import administrator, an_email, doctor_profile, invitation, principal


async def test_accounts_are_found(clinic, administrating):
    email = an_email()
    await clinic.patient(email=email)
    await clinic.doctor()
    await clinic.users.invitations.invite(administrating, invitation(given_name="Invited"))

    async def names(**wanted):
        page = await clinic.users.administration.search(administrating, AccountSearch(**wanted))
        return [item.display_name for item in page.items]

    assert await names() == ["Nguyễn Thị Mai", "BS. Trần Invited", "BS. Trần Văn Đức"]
    assert await names(role="doctor", status="active") == ["BS. Trần Văn Đức"]
    assert await names(status="invited") == ["BS. Trần Invited"]
    assert await names(email=email.upper()) == ["Nguyễn Thị Mai"]
    assert await names(name="duc tran") == ["BS. Trần Văn Đức"]


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {"administrator", "service"}]
)
async def test_nobody_else_does_any_of_it(clinic, role):
    caller, user_id = principal(uuid4(), role), await clinic.patient()
    administration = clinic.users.administration
    profile = DoctorFields.model_validate(doctor_profile())
    for operation in (
        administration.search(caller, AccountSearch()),
        administration.get(caller, user_id),
        administration.deactivate(caller, user_id),
        administration.reactivate(caller, user_id),
        administration.unlock(caller, user_id),
        administration.change_roles(caller, user_id, RolesChange(roles=[Role.PATIENT]), None),
        administration.put_profile(caller, user_id, profile, None),
    ):
        with pytest.raises(Forbidden):
            await operation


async def test_unknown_people_are_not_found(clinic, administrating):
    administration = clinic.users.administration
    profile = DoctorFields.model_validate(doctor_profile())
    for operation in (
        administration.get(administrating, uuid4()),
        administration.deactivate(administrating, uuid4()),
        administration.reactivate(administrating, uuid4()),
        administration.unlock(administrating, uuid4()),
        administration.put_profile(administrating, uuid4(), profile, None),
    ):
        with pytest.raises(UserNotFound):
            await operation


async def test_deactivating_twice_is_one_deactivation(clinic, administrating):
    user_id = await clinic.patient()
    first = await clinic.users.administration.deactivate(administrating, user_id)
    second = await clinic.users.administration.deactivate(administrating, user_id)
    assert first == second
    assert first.status == "inactive"


async def test_somebody_must_remain_who_lets_people_in(clinic, administrating):
    chief = await clinic.administrator()
    administration = clinic.users.administration
    with pytest.raises(LastAdministrator):
        await administration.deactivate(administrating, chief)
    patient = RolesChange(roles=[Role.PATIENT])
    with pytest.raises(LastAdministrator):
        await administration.change_roles(administrating, chief, patient, None)
    deputy = await clinic.patient()
    both = RolesChange(roles=[Role.PATIENT, Role.ADMINISTRATOR])
    await administration.change_roles(administrating, deputy, both, None)
    outcomes = await asyncio.gather(
        administration.deactivate(administrator(), chief),
        administration.deactivate(administrator(), deputy),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(LastAdministrator) == 1


async def test_roles_need_their_profiles(clinic, administrating):
    user_id = await clinic.patient()
    administration = clinic.users.administration
    roles = RolesChange(roles=[Role.PATIENT, Role.DOCTOR])
    with pytest.raises(ProfileMissing):
        await administration.change_roles(administrating, user_id, roles, None)
    profile = DoctorFields.model_validate(doctor_profile())
    made = await administration.put_profile(administrating, user_id, profile, None)
    assert made.version == 1
    changed = await administration.change_roles(administrating, user_id, roles, 1)
    assert changed.roles == [Role.DOCTOR, Role.PATIENT]
    with pytest.raises(PreconditionFailed):
        await administration.change_roles(administrating, user_id, roles, 1)


async def test_a_doctor_who_becomes_a_patient_gets_a_record_number(clinic, administrating):
    doctor = await clinic.doctor()
    roles = RolesChange(roles=[Role.PATIENT, Role.DOCTOR])
    await clinic.users.administration.change_roles(administrating, doctor, roles, None)
    brief = await clinic.users.patients.get_brief(doctor)
    assert brief.medical_record_number.startswith("MR")


async def test_staff_profiles_are_replaced_with_the_version_that_was_read(clinic, administrating):
    taken = doctor_profile()
    await clinic.doctor(profile=taken)
    doctor = await clinic.doctor()
    administration = clinic.users.administration
    profile = DoctorFields.model_validate(doctor_profile(department="Surgery"))
    changed = await administration.put_profile(administrating, doctor, profile, 1)
    assert (changed.version, changed.department) == (2, "Surgery")
    with pytest.raises(PreconditionFailed):
        await administration.put_profile(administrating, doctor, profile, 1)
    with pytest.raises(LicenceTaken):
        await administration.put_profile(
            administrating, doctor, DoctorFields.model_validate(taken), None
        )
    assert (await clinic.users.directory.find_practitioner(doctor)).department == "Surgery"
