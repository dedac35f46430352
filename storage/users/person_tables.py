"""People, what makes them patients or staff, where they live, what happened to their account."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, LargeBinary, Sequence, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.users.base import Base, Document, TextList, UserKey, UserReference, VersionNumber

record_number_serial = Sequence("medical_record_number_serial", metadata=Base.metadata)
"""Source of medical record numbers; gaps are harmless, repeats are not."""


class User(Base):
    """A person: patient, staff or both. The id is also patient id and practitioner id."""

    __tablename__ = "users"

    id: Mapped[UuidKey]
    version: Mapped[VersionNumber]
    status: Mapped[str] = mapped_column(Text)
    roles: Mapped[TextList]
    email: Mapped[str | None] = mapped_column(Text, unique=True)
    email_verified_at: Mapped[Instant | None]
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[Instant | None]
    family_name: Mapped[str] = mapped_column(Text)
    given_name: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str | None] = mapped_column(Text)
    search_name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    import_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint("status IN ('invited', 'active', 'inactive')", name="status"),
        Index(
            "ix_users_search_name_trigrams",
            "search_name",
            postgresql_using="gin",
            postgresql_ops={"search_name": "gin_trgm_ops"},
            postgresql_with={"fastupdate": "off"},  # names change rarely, searches are many
        ),
        Index("ix_users_search_name_id", "search_name", "id"),
        Index("ix_users_roles", "roles", postgresql_using="gin"),
    )


class Identifier(Base):
    """A business identifier of another system (FHIR Identifier); finds imported people again."""

    __tablename__ = "identifiers"

    system: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[UserReference] = mapped_column(index=True)


class PatientProfile(Base):
    """What makes a person a patient. `emergency_contact` and `insurance` are value objects."""

    __tablename__ = "patient_profiles"

    user_id: Mapped[UserKey]
    version: Mapped[VersionNumber]
    medical_record_number: Mapped[str] = mapped_column(Text, unique=True)
    birth_date: Mapped[date | None] = mapped_column(Date, index=True)
    gender: Mapped[str] = mapped_column(Text)
    blood_group: Mapped[str | None] = mapped_column(Text)
    emergency_contact: Mapped[Document | None]
    insurance: Mapped[Document | None]


class StaffProfile:
    """Columns that the profiles of all clinical staff have."""

    user_id: Mapped[UserKey]
    version: Mapped[VersionNumber]
    licence_number: Mapped[str] = mapped_column(Text, unique=True)
    department: Mapped[str] = mapped_column(Text)
    qualifications: Mapped[TextList]
    languages: Mapped[TextList]


class DoctorProfile(StaffProfile, Base):
    """What makes a person a doctor here."""

    __tablename__ = "doctor_profiles"

    specialties: Mapped[TextList]
    bio: Mapped[str | None] = mapped_column(Text)


class NurseProfile(StaffProfile, Base):
    """What makes a person a nurse here."""

    __tablename__ = "nurse_profiles"

    triages: Mapped[bool]


class PharmacistProfile(StaffProfile, Base):
    """What makes a person a pharmacist here."""

    __tablename__ = "pharmacist_profiles"

    dispenses_controlled_drugs: Mapped[bool]


class LabTechnicianProfile(StaffProfile, Base):
    """What makes a person a laboratory technician here."""

    __tablename__ = "lab_technician_profiles"

    section: Mapped[str] = mapped_column(Text)
    verifies_results: Mapped[bool]


class Address(Base):
    """A postal address of a person."""

    __tablename__ = "addresses"

    id: Mapped[UuidKey]
    user_id: Mapped[UserReference] = mapped_column(index=True)
    version: Mapped[VersionNumber]
    use: Mapped[str] = mapped_column(Text)
    line: Mapped[TextList]
    city: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)


class UserActivity(Base):
    """What happened to an account, for its owner and for administrators to read."""

    __tablename__ = "user_activity"

    id: Mapped[UuidKey]
    user_id: Mapped[UserReference]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    session_id: Mapped[UUID | None] = mapped_column(Uuid)
    user_agent: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_user_activity_user_id_id", "user_id", "id"),)
