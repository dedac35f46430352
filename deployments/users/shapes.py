"""From rows to what users answers; no row leaves the service."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row

from deployments.access import Role
from deployments.users.account_schemas import Account, ActivityLine, Address, Patient
from deployments.users.names import display_name
from deployments.users.profile_schemas import Profile
from deployments.users.rules import PatientView
from deployments.users.schemas import Contact, PatientBrief, Practitioner, Revocation

PROFILE: Final[TypeAdapter[Any]] = TypeAdapter(Profile)


def name_of(row: Row[Any]) -> str:
    """The person's name as it is shown."""
    return display_name(row.family_name, row.given_name, row.prefix, row.locale)


def account(row: Row[Any]) -> Account:
    """An account."""
    return Account(**account_fields(row))


def account_fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of `Account`."""
    return {
        "id": row.id,
        "version": row.version,
        "status": row.status,
        "roles": row.roles,
        "email": row.email,
        "email_verified": row.email_verified_at is not None,
        "display_name": name_of(row),
        "family_name": row.family_name,
        "given_name": row.given_name,
        "prefix": row.prefix,
        "phone": row.phone,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "created_at": row.created_at,
    }


def contact(row: Row[Any]) -> Contact:
    """How to reach a person."""
    return Contact(
        user_id=row.id,
        display_name=name_of(row),
        email=row.email,
        phone=row.phone,
        locale=row.locale,
        time_zone=row.time_zone,
        roles=row.roles,
        active=row.status != "inactive",
    )


def practitioner(row: Row[Any]) -> Practitioner:
    """A member of the clinical staff, as everybody may know them."""
    return Practitioner(
        id=row.id,
        name=name_of(row),
        active=row.status == "active",
        roles=row.roles,
        specialties=row.specialties or [],
        department=row.department,
        languages=row.languages or [],
        bio=row.bio,
    )


def patient_brief(row: Row[Any]) -> PatientBrief:
    """Enough to be sure which patient is meant."""
    return PatientBrief(
        id=row.id,
        name=name_of(row),
        active=row.status == "active",
        medical_record_number=row.medical_record_number,
        birth_date=row.birth_date,
        gender=row.gender,
    )


def patient(row: Row[Any], addresses: Iterable[Row[Any]], view: PatientView) -> Patient:
    """A patient, as far as the view allows."""
    return Patient(
        **patient_brief(row).model_dump(),
        email=row.email if view.contact else None,
        phone=row.phone if view.contact else None,
        addresses=[address(item) for item in addresses] if view.contact else [],
        blood_group=row.blood_group if view.clinical else None,
        emergency_contact=row.emergency_contact if view.clinical else None,
        insurance=row.insurance if view.insurance else None,
    )


def address(row: Row[Any]) -> Address:
    """A postal address."""
    return Address(
        **{key: value for key, value in row._mapping.items() if key != "user_id"}  # noqa: SLF001
    )


def profile(role: str, row: Row[Any]) -> Any:
    """The profile of a role."""
    return PROFILE.validate_python({**row._mapping, "role": Role(role)})  # noqa: SLF001


def activity_line(row: Row[Any]) -> ActivityLine:
    """One thing that happened."""
    return ActivityLine(
        id=row.id,
        kind=row.kind,
        at=row.at,
        session_id=row.session_id,
        user_agent=row.user_agent,
    )


def revocation(row: Row[Any]) -> Revocation:
    """Tokens that are refused."""
    return Revocation(**row._mapping)  # noqa: SLF001
