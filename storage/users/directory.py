"""Finding practitioners and patients; names are compared in search form, by trigram index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array

from storage.users.tables import (
    DoctorProfile,
    LabTechnicianProfile,
    NurseProfile,
    PatientProfile,
    PharmacistProfile,
    User,
)

Position = tuple[str, UUID]
"""Search name and id of the last row of the page before."""

CLINICAL: Final = ("doctor", "nurse", "pharmacist", "lab_technician")
STAFF_PROFILES: Final = (DoctorProfile, NurseProfile, PharmacistProfile, LabTechnicianProfile)

_department = func.coalesce(*(profile.department for profile in STAFF_PROFILES))
_languages = func.coalesce(*(profile.languages for profile in STAFF_PROFILES))


@dataclass(frozen=True)
class PractitionerFilter:
    """Which practitioners are wanted; None or empty does not filter.

    Attributes:
        terms: words in search form, each of which must be in the name.
        active: True for those who work here now.
    """

    terms: tuple[str, ...] = ()
    role: str | None = None
    specialty: str | None = None
    department: str | None = None
    language: str | None = None
    ids: tuple[UUID, ...] | None = None
    active: bool | None = True


@dataclass(frozen=True)
class PatientFilter:
    """Which patients are wanted; None or empty does not filter."""

    terms: tuple[str, ...] = ()
    medical_record_number: str | None = None
    birth_date: date | None = None
    phone: str | None = None


def find_practitioner(connection: Connection, user_id: UUID) -> Row[Any] | None:
    """A practitioner, active or not."""
    return connection.execute(_practitioners().where(User.id == user_id)).first()


def practitioners(
    connection: Connection, wanted: PractitionerFilter, after: Position | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` practitioners by name, after the position."""
    query = _named(_practitioners(), wanted.terms)
    for value, condition in (
        (wanted.role, User.roles.contains([wanted.role])),
        (wanted.specialty, DoctorProfile.specialties.contains([wanted.specialty])),
        (wanted.department, _department == wanted.department),
        (wanted.language, literal(wanted.language) == any_(_languages)),
        (wanted.ids, User.id.in_(wanted.ids or ())),
        (wanted.active, (User.status == "active") == wanted.active),
    ):
        if value is not None:
            query = query.where(condition)
    return connection.execute(_after(query, after).limit(limit)).all()


def find_patient(connection: Connection, user_id: UUID) -> Row[Any] | None:
    """A patient, active or not."""
    return connection.execute(_patients().where(User.id == user_id)).first()


def patients(
    connection: Connection, wanted: PatientFilter, after: Position | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` patients by name, after the position."""
    query = _named(_patients(), wanted.terms)
    for value, condition in (
        (
            wanted.medical_record_number,
            PatientProfile.medical_record_number == wanted.medical_record_number,
        ),
        (wanted.birth_date, PatientProfile.birth_date == wanted.birth_date),
        (wanted.phone, User.phone == wanted.phone),
    ):
        if value is not None:
            query = query.where(condition)
    return connection.execute(_after(query, after).limit(limit)).all()


def _practitioners() -> Select[Any]:
    joined = select(
        User.__table__,
        DoctorProfile.bio,
        DoctorProfile.specialties,
        _department.label("department"),
        _languages.label("languages"),
    ).select_from(User)
    for profile in STAFF_PROFILES:
        joined = joined.outerjoin(profile, profile.user_id == User.id)
    return joined.where(User.roles.overlap(cast(array(CLINICAL), ARRAY(Text))))


def _patients() -> Select[Any]:
    columns = [column for column in PatientProfile.__table__.c if column.key != "version"]
    return (
        select(User.__table__, *columns)
        .join(PatientProfile, PatientProfile.user_id == User.id)
        .where(User.roles.contains(["patient"]))
    )


def _named(query: Select[Any], terms: Sequence[str]) -> Select[Any]:
    for term in terms:
        query = query.where(User.search_name.contains(term, autoescape=True))
    return query


def _after(query: Select[Any], after: Position | None) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(User.search_name, User.id) > tuple_(*after))
    return query.order_by(User.search_name, User.id)
