"""All tables of the users database, in one place for repositories and migrations."""

from storage.users.anchor_tables import AuditAnchor
from storage.users.base import Base
from storage.users.credential_tables import (
    OneTimeToken,
    RecoveryCode,
    RefreshToken,
    Revocation,
    SecondFactor,
    Session,
    SignInAttempts,
    SigningKey,
)
from storage.users.person_tables import (
    Address,
    DoctorProfile,
    Identifier,
    LabTechnicianProfile,
    NurseProfile,
    PatientProfile,
    PharmacistProfile,
    User,
    UserActivity,
    record_number_serial,
)

__all__ = [
    "Address",
    "AuditAnchor",
    "Base",
    "DoctorProfile",
    "Identifier",
    "LabTechnicianProfile",
    "NurseProfile",
    "OneTimeToken",
    "PatientProfile",
    "PharmacistProfile",
    "RecoveryCode",
    "RefreshToken",
    "Revocation",
    "SecondFactor",
    "Session",
    "SignInAttempts",
    "SigningKey",
    "User",
    "UserActivity",
    "record_number_serial",
]
