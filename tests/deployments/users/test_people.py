"""How people come in, and what they see and change of themselves."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from deployments.access import Principal, Role
from deployments.errors import Forbidden, PreconditionFailed
from deployments.pagination import InvalidCursor, PageRequest
from deployments.users.account_schemas import InvitationAcceptance, PersonFields
from deployments.users.codes import TokenPurpose
from deployments.users.errors import (
    AddressNotFound,
    AdministratorExists,
    EmailAlreadyVerified,
    EmailTaken,
    InvalidOneTimeToken,
    LicenceTaken,
    NotInDevelopment,
    ProfileNotFound,
    UserNotFound,
    WeakPassword,
)
from deployments.users.profile_schemas import DoctorOwnFields, PatientFields
from deployments.users.schemas import AddressFields
from deployments.users.service import UsersService
from storage.outbox import outbox
from storage.users.tables import PatientProfile, User
from tests.factories.users import (
    ANOTHER_PASSWORD,
    PASSWORD,
    an_email,
    doctor_profile,
    invitation,
    principal,
    registration,
)


async def events(clinic) -> list[str]:
    rows = await clinic.database.read(
        lambda conn: conn.execute(outbox.select().order_by(outbox.c.sequence)).all()
    )
    return [row.name for row in rows]


async def test_registering_gives_a_record_number_and_sends_a_link(clinic):
    first = await clinic.users.registration.register(registration())
    second = await clinic.users.registration.register(registration())
    assert first.medical_record_number != second.medical_record_number
    (profile, _) = await clinic.rows(PatientProfile)
    assert profile.medical_record_number == first.medical_record_number
    assert "users.email_verification_requested.v1" in await events(clinic)
    rows = await clinic.database.read(lambda conn: conn.execute(outbox.select()).all())
    text = " ".join(str(row.payload) for row in rows)
    purpose = TokenPurpose.EMAIL_VERIFICATION
    assert await clinic.one_time_token(first.user_id, purpose) not in text
    assert "clinic.example" not in text


async def test_one_address_has_one_account(clinic):
    email = an_email()
    await clinic.patient(email=email)
    with pytest.raises(EmailTaken):
        await clinic.patient(email=email.upper())
    outcomes = await asyncio.gather(
        *(clinic.patient(email="twice@clinic.example") for _ in range(5)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(EmailTaken) == 4


async def test_a_weak_password_makes_no_account(clinic):
    with pytest.raises(WeakPassword):
        await clinic.patient(password="Nguyen-Mai")
    assert await clinic.rows(User) == []


async def test_the_hospital_gives_language_and_time_zone(clinic):
    user_id = await clinic.patient(locale=None)
    account = await clinic.users.own_profile.get_account(principal(user_id))
    assert (account.locale, account.time_zone) == ("en", "Asia/Ho_Chi_Minh")


async def test_verifying_the_address(clinic):
    user_id = await clinic.patient()
    caller = principal(user_id)
    own, registering = clinic.users.own_profile, clinic.users.registration
    assert not (await own.get_account(caller)).email_verified
    purpose = TokenPurpose.EMAIL_VERIFICATION
    first = await clinic.one_time_token(user_id, purpose)
    await registering.resend_verification(caller)
    assert await clinic.one_time_token(user_id, purpose) == first, "sent a moment ago"
    clinic.clock.advance(timedelta(minutes=2))
    await registering.resend_verification(caller)
    second = await clinic.one_time_token(user_id, purpose)
    with pytest.raises(InvalidOneTimeToken):
        await registering.verify_email(first)
    await registering.verify_email(second)
    assert (await own.get_account(caller)).email_verified
    with pytest.raises(EmailAlreadyVerified):
        await registering.resend_verification(caller)


async def test_a_link_is_the_same_whoever_asks_until_it_is_used(clinic):
    user_id = await clinic.patient()
    token = await clinic.one_time_token(user_id, TokenPurpose.EMAIL_VERIFICATION)
    clinic.users = clinic.another_replica()
    assert await clinic.one_time_token(user_id, TokenPurpose.EMAIL_VERIFICATION) == token


async def test_who_is_shut_out_while_accepting_stays_out(clinic, administrating, monkeypatch):
    invited = await clinic.users.invitations.invite(administrating, invitation())
    token = await clinic.one_time_token(invited.user_id, TokenPurpose.INVITATION)
    hash_it = clinic.users.invitations._passwords.hash

    async def slowly(password):
        await clinic.users.administration.deactivate(administrating, invited.user_id)
        return await hash_it(password)

    monkeypatch.setattr(clinic.users.invitations._passwords, "hash", slowly)
    acceptance = InvitationAcceptance(token=token, password=PASSWORD)
    with pytest.raises(InvalidOneTimeToken):
        await clinic.users.invitations.accept(acceptance)
    account = await clinic.users.administration.get(administrating, invited.user_id)
    assert account.status == "inactive"


async def test_staff_come_by_invitation(clinic, administrating):
    asked = invitation()
    invited = await clinic.users.invitations.invite(administrating, asked)
    token = await clinic.one_time_token(invited.user_id, TokenPurpose.INVITATION)
    weak = InvitationAcceptance(token=token, password="short")
    with pytest.raises(WeakPassword):
        await clinic.users.invitations.accept(weak)
    acceptance = InvitationAcceptance(token=token, password=PASSWORD)
    await clinic.users.invitations.accept(acceptance)
    signed = await clinic.sign_in(asked.email)
    assert signed.roles == [Role.DOCTOR]
    with pytest.raises(InvalidOneTimeToken):
        await clinic.users.invitations.accept(acceptance)
    account = await clinic.users.own_profile.get_account(principal(invited.user_id, Role.DOCTOR))
    assert account.email_verified
    assert account.display_name == "BS. Trần Văn Đức"


@pytest.mark.parametrize("role", [Role.BILLING_OFFICER, Role.PRIVACY_OFFICER])
async def test_an_invitation_for_the_office_needs_no_profile(clinic, administrating, role):
    office = invitation(profile={"role": role})
    invited = await clinic.users.invitations.invite(administrating, office)
    assert invited.roles == [role]


async def test_invitations_that_collide(clinic, administrating):
    profile = doctor_profile()
    first = invitation(profile=profile)
    await clinic.users.invitations.invite(administrating, first)
    with pytest.raises(LicenceTaken):
        await clinic.users.invitations.invite(administrating, invitation(profile=profile))
    with pytest.raises(EmailTaken):
        await clinic.users.invitations.invite(administrating, invitation(email=first.email))


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {"administrator", "service"}]
)
async def test_only_administrators_invite(clinic, role):
    with pytest.raises(Forbidden):
        await clinic.users.invitations.invite(principal(uuid4(), role), invitation())


async def test_there_is_one_first_administrator(clinic):
    user_id = await clinic.administrator()
    assert (await clinic.sign_in("chief@clinic.example")).user_id == user_id
    with pytest.raises(AdministratorExists):
        await clinic.administrator()


async def test_demo_passwords_are_for_demonstrations(clinic, administrating, settings):
    user_id, email = await clinic.patient(), an_email("demo")
    demo = clinic.users.beginnings
    await demo.set_demo_password(administrating, user_id, email, ANOTHER_PASSWORD)
    assert (await clinic.sign_in(email, ANOTHER_PASSWORD)).user_id == user_id
    with pytest.raises(UserNotFound):
        await demo.set_demo_password(administrating, uuid4(), an_email(), PASSWORD)
    other = await clinic.patient()
    with pytest.raises(EmailTaken):
        await demo.set_demo_password(administrating, other, email, PASSWORD)
    production = settings.model_copy(update={"environment": "production"})
    users = UsersService(clinic.database, production, clock=clinic.clock)
    with pytest.raises(NotInDevelopment):
        await users.beginnings.set_demo_password(administrating, user_id, email, PASSWORD)


async def test_changing_ones_person_needs_the_version_that_was_read(clinic):
    caller = principal(await clinic.patient())
    own = clinic.users.own_profile
    fields = PersonFields(family_name="Lý", given_name="Mai", locale="en")
    changed = await own.change_person(caller, fields, 1)
    assert (changed.version, changed.display_name) == (2, "Mai Lý")
    with pytest.raises(PreconditionFailed):
        await own.change_person(caller, fields, 1)
    assert (await own.change_person(caller, fields, None)).version == 3
    assert clinic.directory_changes == 0


async def test_patients_keep_their_profile_up_to_date(clinic):
    caller = principal(await clinic.patient())
    own = clinic.users.own_profile
    fields = PatientFields.model_validate(
        {
            "birth_date": "1990-05-17",
            "gender": "female",
            "blood_group": "AB-",
            "emergency_contact": {
                "name": "Nguyễn Văn An",
                "relationship": "father",
                "phone": "+84 901 234 567",
            },
            "insurance": {
                "payer": "BHXH",
                "member_number": "GD479",
                "valid_until": "2027-12-31",
            },
        }
    )
    changed = await own.change_profile(caller, fields, 1)
    (read,) = (await own.list_profiles(caller)).items
    assert read == changed
    assert changed.model_dump(include=set(PatientFields.model_fields)) == fields.model_dump()
    with pytest.raises(PreconditionFailed):
        await own.change_profile(caller, fields, 1)
    with pytest.raises(ProfileNotFound):
        await own.change_profile(caller, DoctorOwnFields(role=Role.DOCTOR, languages=["vi"]), None)


async def test_doctors_change_what_the_directory_says_but_not_their_licence(clinic):
    caller = principal(await clinic.doctor(), Role.DOCTOR)
    fields = DoctorOwnFields(role=Role.DOCTOR, languages=["fr"], bio="Twenty years of hearts.")
    changed = await clinic.users.own_profile.change_profile(caller, fields, None)
    assert changed.specialties == ["cardiology"]
    found = await clinic.users.directory.get(caller, caller.user_id)
    assert (found.languages, found.bio) == (["fr"], "Twenty years of hearts.")
    assert clinic.directory_changes == 1


HOME = AddressFields(line=["12 Trần Phú"], city="Đà Nẵng", country="VN")


async def test_addresses_are_their_owners(clinic):
    caller, other = principal(await clinic.patient()), principal(await clinic.patient())
    addresses = clinic.users.own_addresses
    added = await addresses.add(caller, HOME)
    assert (await addresses.list_own(caller)).items == [added]
    assert (await addresses.list_own(other)).items == []
    moved = HOME.model_copy(update={"city": "Huế"})
    changed = await addresses.change(caller, added.id, moved, 1)
    assert (changed.version, changed.city) == (2, "Huế")
    with pytest.raises(PreconditionFailed):
        await addresses.change(caller, added.id, moved, 1)
    for address_id in (added.id, uuid4()):
        with pytest.raises(AddressNotFound):
            await addresses.change(other, address_id, moved, None)
        with pytest.raises(AddressNotFound):
            await addresses.remove(other, address_id, None)
    with pytest.raises(PreconditionFailed):
        await addresses.remove(caller, added.id, 1)
    await addresses.remove(caller, added.id, 2)
    assert (await addresses.list_own(caller)).items == []


async def test_activity_is_paged_newest_first(clinic, administrating):
    caller = principal(await clinic.patient())
    for _ in range(6):
        await clinic.users.own_addresses.add(caller, HOME)
    seen, cursor = [], None
    while True:
        page = await clinic.users.activities.list_own(caller, PageRequest(limit=3, cursor=cursor))
        seen += [line.kind for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["address-added"] * 6 + ["registered"]
    page = await clinic.users.activities.list_of(administrating, caller.user_id, PageRequest())
    assert len(page.items) == 7
    with pytest.raises(Forbidden):
        await clinic.users.activities.list_of(caller, caller.user_id, PageRequest())
    with pytest.raises(InvalidCursor):
        await clinic.users.activities.list_own(caller, PageRequest(cursor="bm9uc2Vuc2U"))


async def test_permissions_are_those_of_the_token(clinic):
    listed = clinic.users.own_profile.list_permissions(principal(uuid4(), Role.NURSE))
    assert listed.roles == [Role.NURSE]
    assert "appointments:check_in" in listed.permissions
    assert "users:manage" not in listed.permissions


async def test_software_has_no_account_of_its_own(clinic):
    with pytest.raises(Forbidden):
        await clinic.users.own_profile.get_account(Principal.for_service("relay"))
    with pytest.raises(UserNotFound):
        await clinic.users.own_profile.get_account(principal())


async def test_contacts_follow_the_person(clinic):
    user_id = await clinic.patient()
    contact = await clinic.users.contacts.get(user_id)
    assert (contact.display_name, contact.locale, contact.active) == (
        "Nguyễn Thị Mai",
        "vi",
        True,
    )
    with clinic.database.engine.begin() as connection:
        connection.execute(update(User).values(status="inactive"))
    many = await clinic.users.contacts.get_many([user_id, uuid4()])
    assert [many[user_id].active] == [False]
    with pytest.raises(UserNotFound):
        await clinic.users.contacts.get(uuid4())
