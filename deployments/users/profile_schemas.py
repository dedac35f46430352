"""Profiles: what each role's work needs to know of a person, and who may change which part."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deployments.access import Role
from deployments.schemas import Day, LongText, Schema, ShortText, Version
from deployments.users.codes import (
    AdministrativeGender,
    BloodGroup,
    LaboratorySection,
    Specialty,
)
from deployments.users.schemas import EmergencyContact, Insurance, LanguageCode

Languages = Annotated[list[LanguageCode], Field(max_length=20)]


class PatientFields(Schema):
    """What patients keep up to date themselves; the blood group is what they say it is."""

    role: Literal[Role.PATIENT] = Role.PATIENT
    birth_date: Day | None = None
    gender: AdministrativeGender = AdministrativeGender.UNKNOWN
    blood_group: BloodGroup | None = None
    emergency_contact: EmergencyContact | None = None
    insurance: Insurance | None = None


class StaffFields(Schema):
    """What the profiles of all clinical staff have; an administrator vouches for it."""

    licence_number: ShortText
    department: ShortText
    qualifications: Annotated[list[ShortText], Field(max_length=30, default_factory=list)]
    languages: Annotated[Languages, Field(default_factory=list)]


class DoctorFields(StaffFields):
    """A doctor's profile."""

    role: Literal[Role.DOCTOR]
    specialties: Annotated[list[Specialty], Field(min_length=1, max_length=10)]
    bio: LongText | None = None


class NurseFields(StaffFields):
    """A nurse's profile; `triages` says whether they may rank who is seen first."""

    role: Literal[Role.NURSE]
    triages: bool = False


class PharmacistFields(StaffFields):
    """A pharmacist's profile; controlled drugs need an authorisation of their own."""

    role: Literal[Role.PHARMACIST]
    dispenses_controlled_drugs: bool = False


class LabTechnicianFields(StaffFields):
    """A laboratory technician's profile; not everyone who measures may verify."""

    role: Literal[Role.LAB_TECHNICIAN]
    section: LaboratorySection
    verifies_results: bool = False


StaffProfileFields = Annotated[
    DoctorFields | NurseFields | PharmacistFields | LabTechnicianFields,
    Field(discriminator="role"),
]
"""A staff profile as an administrator writes it."""


class DoctorOwnFields(Schema):
    """What doctors say of themselves in the directory."""

    role: Literal[Role.DOCTOR]
    languages: Languages
    bio: LongText | None = None


class StaffOwnFields(Schema):
    """What other clinical staff say of themselves in the directory."""

    role: Literal[Role.NURSE, Role.PHARMACIST, Role.LAB_TECHNICIAN]
    languages: Languages


OwnProfileFields = Annotated[
    PatientFields | DoctorOwnFields | StaffOwnFields, Field(discriminator="role")
]
"""The part of a profile that its owner may change."""


class PatientProfile(PatientFields):
    """A patient's profile; the record number is ours and never changes."""

    user_id: UUID
    version: Version
    medical_record_number: str


class DoctorProfile(DoctorFields):
    """A doctor's profile as it is kept."""

    user_id: UUID
    version: Version


class NurseProfile(NurseFields):
    """A nurse's profile as it is kept."""

    user_id: UUID
    version: Version


class PharmacistProfile(PharmacistFields):
    """A pharmacist's profile as it is kept."""

    user_id: UUID
    version: Version


class LabTechnicianProfile(LabTechnicianFields):
    """A laboratory technician's profile as it is kept."""

    user_id: UUID
    version: Version


Profile = Annotated[
    PatientProfile | DoctorProfile | NurseProfile | PharmacistProfile | LabTechnicianProfile,
    Field(discriminator="role"),
]
"""Any profile, told apart by its role."""


class Profiles(Schema):
    """A person's profiles, one for each role that has one."""

    items: list[Profile]
