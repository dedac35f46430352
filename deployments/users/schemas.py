"""What other services and the command line exchange with users over a handle."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field, StringConstraints

from deployments.access import Role
from deployments.schemas import Day, Instant, Locale, LongText, Schema, ShortText, TimeZoneName
from deployments.users.codes import (
    AddressUse,
    AdministrativeGender,
    BloodGroup,
    LaboratorySection,
    Specialty,
)


def _normalised_email(value: str) -> str:
    return value.lower()


Email = Annotated[EmailStr, Field(max_length=254), AfterValidator(_normalised_email)]
"""An e-mail address in lower case: one mailbox, one account."""

Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ().-]{4,28}[0-9]$")]
"""A telephone number as people write it."""

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""A BCP 47 language, optionally with a region: `vi`, `en-GB`."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 alpha-2 country."""


class Contact(Schema):
    """How to reach a person, and in which language and time zone.

    Attributes:
        email: None for people who were imported without one.
        active: False once the account was deactivated; send nothing then.
    """

    user_id: UUID
    display_name: str
    email: str | None
    phone: str | None
    locale: Locale
    time_zone: TimeZoneName
    roles: list[Role]
    active: bool


class Practitioner(Schema):
    """What every signed-in person may know of a member of the clinical staff.

    Attributes:
        name: as written on the door, prefix included.
        active: whether the person works here now; bookings need True.
        specialties: only doctors have some.
        languages: BCP 47 codes.
    """

    id: UUID
    name: str
    active: bool
    roles: list[Role]
    specialties: list[Specialty]
    department: str | None
    languages: list[str]
    bio: str | None


class PatientBrief(Schema):
    """Enough to be sure which patient is meant: the two identifiers rule, plus gender."""

    id: UUID
    name: str
    active: bool
    medical_record_number: str
    birth_date: Day | None
    gender: AdministrativeGender


class Revocation(Schema):
    """Access tokens that are refused before they expire.

    Either `token_id` is set (that one token), or `user_id` and `not_before` are (every token
    of the person whose `iat` is earlier than `not_before`).

    Attributes:
        sequence: grows in the order of commits; poll with the highest one seen.
        expires_at: forget the row from then on: the tokens it speaks of have expired.
    """

    sequence: int
    token_id: str | None
    user_id: UUID | None
    not_before: Instant | None
    expires_at: Instant


class OneTimeLink(Schema):
    """The secret of an e-mail that users asked for by event; never store or log it."""

    purpose: Literal["email-verification", "password-reset", "invitation"]
    token: str
    url: str
    expires_at: Instant


class Identifier(Schema):
    """A business identifier of a person: unique by system and value (FHIR Identifier)."""

    system: ShortText
    value: ShortText


class AddressFields(Schema):
    """A postal address (FHIR Address)."""

    use: AddressUse = AddressUse.HOME
    line: Annotated[list[ShortText], Field(min_length=1, max_length=4)]
    city: ShortText
    district: ShortText | None = None
    state: ShortText | None = None
    postal_code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")] | None = None
    country: CountryCode


class EmergencyContact(Schema):
    """Whom to call when the patient cannot speak (FHIR Patient.contact)."""

    name: ShortText
    relationship: ShortText
    phone: Phone


class Insurance(Schema):
    """The patient's health insurance (FHIR Coverage, the part reception asks for)."""

    payer: ShortText
    member_number: ShortText
    valid_until: Day | None = None


class ImportedPerson(Schema):
    """A person of another system, as `medray import` reads them from FHIR resources.

    Attributes:
        role: decides which profile is made.
        identifiers: at least one; any of them finds the person again.
        licence_number: the staff's; required for them.
        qualifications: degrees and certificates, as printed.
    """

    role: Literal[
        Role.PATIENT,
        Role.DOCTOR,
        Role.NURSE,
        Role.PHARMACIST,
        Role.LAB_TECHNICIAN,
        Role.BILLING_OFFICER,
        Role.ADMINISTRATOR,
        Role.PRIVACY_OFFICER,
    ]
    identifiers: Annotated[list[Identifier], Field(min_length=1, max_length=20)]
    family_name: ShortText
    given_name: ShortText
    prefix: ShortText | None = None
    active: bool = True
    email: Email | None = None
    phone: Phone | None = None
    gender: AdministrativeGender = AdministrativeGender.UNKNOWN
    birth_date: Day | None = None
    blood_group: BloodGroup | None = None
    emergency_contact: EmergencyContact | None = None
    insurance: Insurance | None = None
    address: AddressFields | None = None
    locale: Locale | None = None
    time_zone: TimeZoneName | None = None
    licence_number: ShortText | None = None
    specialties: list[Specialty] = Field(default_factory=list)
    department: ShortText | None = None
    laboratory_section: LaboratorySection | None = None
    languages: list[LanguageCode] = Field(default_factory=list)
    qualifications: list[ShortText] = Field(default_factory=list)
    bio: LongText | None = None


class ImportOutcome(Schema):
    """What an import did with one person."""

    id: UUID
    outcome: Literal["created", "updated", "unchanged"]


class SignedIn(Schema):
    """Tokens of a session.

    Attributes:
        expires_in: seconds until the access token expires.
        refresh_token: opaque; exchange it once, keep the one you get for it.
        refresh_expires_at: when the session ends for good.
    """

    user_id: UUID
    session_id: UUID
    roles: list[Role]
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's word
    expires_in: int
    refresh_token: str
    refresh_expires_at: datetime
