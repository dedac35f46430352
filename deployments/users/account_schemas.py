"""Bodies and answers about people, their accounts, and who finds whom."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deployments.access import Permission, Role
from deployments.pagination import PageRequest
from deployments.schemas import Day, Instant, Locale, Schema, ShortText, TimeZoneName, Version
from deployments.users.codes import (
    AccountStatus,
    Activity,
    AdministrativeGender,
    BloodGroup,
    Specialty,
)
from deployments.users.profile_schemas import StaffProfileFields
from deployments.users.schemas import (
    AddressFields,
    Email,
    EmergencyContact,
    Identifier,
    Insurance,
    LanguageCode,
    Phone,
)
from deployments.users.session_schemas import Password, Token

PersonRole = Literal[
    Role.PATIENT,
    Role.DOCTOR,
    Role.NURSE,
    Role.PHARMACIST,
    Role.LAB_TECHNICIAN,
    Role.BILLING_OFFICER,
    Role.ADMINISTRATOR,
    Role.PRIVACY_OFFICER,
]
"""Roles that people have; `service` is for the hospital's own software."""


class PersonFields(Schema):
    """What people may change about themselves.

    Attributes:
        locale: default: the hospital's.
        time_zone: default: the hospital's.
    """

    family_name: ShortText
    given_name: ShortText
    prefix: ShortText | None = None
    phone: Phone | None = None
    locale: Locale | None = None
    time_zone: TimeZoneName | None = None


class RegistrationRequest(PersonFields):
    """A patient makes an account."""

    email: Email
    password: Password
    birth_date: Day | None = None
    gender: AdministrativeGender = AdministrativeGender.UNKNOWN


class Registered(Schema):
    """The new patient; sign in next."""

    user_id: UUID
    medical_record_number: str


class Account(Schema):
    """A person's account; `id` is also the patient id and the practitioner id."""

    id: UUID
    version: Version
    status: AccountStatus
    roles: list[Role]
    email: str | None
    email_verified: bool
    display_name: str
    family_name: str
    given_name: str
    prefix: str | None
    phone: str | None
    locale: Locale
    time_zone: TimeZoneName
    created_at: Instant


class AccountDetail(Account):
    """An account as administrators see it.

    Attributes:
        locked_until: set while sign-in is paused after wrong passwords.
    """

    second_factor: bool
    locked_until: Instant | None
    identifiers: list[Identifier]


class OwnPermissions(Schema):
    """What the caller's token allows."""

    roles: list[Role]
    permissions: list[Permission]


class Address(AddressFields):
    """A postal address as it is kept."""

    id: UUID
    version: Version


class Addresses(Schema):
    """A person's addresses, oldest first."""

    items: list[Address]


class ActivityLine(Schema):
    """One thing that happened to an account."""

    id: UUID
    kind: Activity
    at: Instant
    session_id: UUID | None
    user_agent: str | None


class AccountSearch(PageRequest):
    """Which accounts an administrator looks for; in a body, because names are personal data.

    Attributes:
        name: words of the name in any order, with or without diacritics.
    """

    role: PersonRole | None = None
    status: AccountStatus | None = None
    name: ShortText | None = None
    email: Email | None = None


class OfficeFields(Schema):
    """Staff without a clinical profile."""

    role: Literal[Role.BILLING_OFFICER, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER]


class InvitationRequest(PersonFields):
    """Whom an administrator lets in, and as what."""

    email: Email
    profile: Annotated[StaffProfileFields | OfficeFields, Field(discriminator="role")]


class InvitationAcceptance(Schema):
    """The token of the invitation, and the new colleague's password."""

    token: Token
    password: Password


class Invitation(Schema):
    """Who was invited."""

    user_id: UUID
    email: str
    roles: list[Role]


class RolesChange(Schema):
    """The person's roles from now on."""

    roles: Annotated[list[PersonRole], Field(min_length=1, max_length=8)]


class PractitionerSearch(PageRequest):
    """Which practitioners are looked for; their names are public.

    Attributes:
        name: words of the name in any order, with or without diacritics.
        language: a BCP 47 code that the person speaks.
    """

    name: ShortText | None = None
    role: Literal[Role.DOCTOR, Role.NURSE, Role.PHARMACIST, Role.LAB_TECHNICIAN] | None = None
    specialty: Specialty | None = None
    department: ShortText | None = None
    language: LanguageCode | None = None


class PatientSearch(PageRequest):
    """Which patients are looked for; in a body, because all of it is personal data.

    Attributes:
        name: words of the name in any order, with or without diacritics.
    """

    name: ShortText | None = None
    medical_record_number: ShortText | None = None
    birth_date: Day | None = None
    phone: Phone | None = None


class Patient(Schema):
    """A patient, as far as the reader's work needs it; null also means "not for you"."""

    id: UUID
    name: str
    active: bool
    medical_record_number: str
    birth_date: Day | None
    gender: AdministrativeGender
    email: str | None
    phone: str | None
    addresses: list[Address]
    blood_group: BloodGroup | None
    emergency_contact: EmergencyContact | None
    insurance: Insurance | None


class SpecialtyName(Schema):
    """A specialty's code and what it is called."""

    code: str
    english: str
    vietnamese: str


class Jwks(Schema):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


class Specialties(Schema):
    """Every specialty that this hospital knows."""

    items: list[SpecialtyName]
