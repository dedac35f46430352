"""Codes of the users service: FHIR R4 value sets, and states and kinds of our own."""

from enum import StrEnum


class AdministrativeGender(StrEnum):
    """FHIR R4 administrative-gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class BloodGroup(StrEnum):
    """ABO group and rhesus factor."""

    A_POSITIVE = "A+"
    A_NEGATIVE = "A-"
    B_POSITIVE = "B+"
    B_NEGATIVE = "B-"
    AB_POSITIVE = "AB+"
    AB_NEGATIVE = "AB-"
    O_POSITIVE = "O+"
    O_NEGATIVE = "O-"


class AddressUse(StrEnum):
    """FHIR R4 address-use."""

    HOME = "home"
    WORK = "work"
    TEMPORARY = "temp"
    OLD = "old"
    BILLING = "billing"


class Specialty(StrEnum):
    """Practice settings: codes of our own, because SNOMED CT's need a licence."""

    ANAESTHETICS = "anaesthetics"
    CARDIOLOGY = "cardiology"
    DERMATOLOGY = "dermatology"
    EMERGENCY_MEDICINE = "emergency-medicine"
    ENDOCRINOLOGY = "endocrinology"
    EAR_NOSE_AND_THROAT = "ear-nose-and-throat"
    GASTROENTEROLOGY = "gastroenterology"
    GENERAL_PRACTICE = "general-practice"
    GENERAL_SURGERY = "general-surgery"
    INFECTIOUS_DISEASES = "infectious-diseases"
    INTERNAL_MEDICINE = "internal-medicine"
    MEDICAL_ONCOLOGY = "medical-oncology"
    NEPHROLOGY = "nephrology"
    NEUROLOGY = "neurology"
    OBSTETRICS_AND_GYNAECOLOGY = "obstetrics-and-gynaecology"
    OPHTHALMOLOGY = "ophthalmology"
    ORTHOPAEDICS = "orthopaedics"
    PAEDIATRICS = "paediatrics"
    PSYCHIATRY = "psychiatry"
    PULMONARY_MEDICINE = "pulmonary-medicine"
    RADIOLOGY = "radiology"
    RHEUMATOLOGY = "rheumatology"
    UROLOGY = "urology"


SPECIALTY_NAMES: dict[Specialty, tuple[str, str]] = {
    Specialty.ANAESTHETICS: ("Anaesthetics", "Gây mê hồi sức"),
    Specialty.CARDIOLOGY: ("Cardiology", "Tim mạch"),
    Specialty.DERMATOLOGY: ("Dermatology", "Da liễu"),
    Specialty.EMERGENCY_MEDICINE: ("Emergency medicine", "Cấp cứu"),
    Specialty.ENDOCRINOLOGY: ("Endocrinology", "Nội tiết"),
    Specialty.EAR_NOSE_AND_THROAT: ("Ear, nose and throat", "Tai mũi họng"),
    Specialty.GASTROENTEROLOGY: ("Gastroenterology", "Tiêu hóa"),
    Specialty.GENERAL_PRACTICE: ("General practice", "Đa khoa"),
    Specialty.GENERAL_SURGERY: ("General surgery", "Ngoại tổng quát"),
    Specialty.INFECTIOUS_DISEASES: ("Infectious diseases", "Truyền nhiễm"),
    Specialty.INTERNAL_MEDICINE: ("Internal medicine", "Nội khoa"),
    Specialty.MEDICAL_ONCOLOGY: ("Medical oncology", "Ung bướu"),
    Specialty.NEPHROLOGY: ("Nephrology", "Thận học"),
    Specialty.NEUROLOGY: ("Neurology", "Thần kinh"),
    Specialty.OBSTETRICS_AND_GYNAECOLOGY: ("Obstetrics and gynaecology", "Sản phụ khoa"),
    Specialty.OPHTHALMOLOGY: ("Ophthalmology", "Mắt"),
    Specialty.ORTHOPAEDICS: ("Orthopaedics", "Chấn thương chỉnh hình"),
    Specialty.PAEDIATRICS: ("Paediatrics", "Nhi khoa"),
    Specialty.PSYCHIATRY: ("Psychiatry", "Tâm thần"),
    Specialty.PULMONARY_MEDICINE: ("Pulmonary medicine", "Hô hấp"),
    Specialty.RADIOLOGY: ("Radiology", "Chẩn đoán hình ảnh"),
    Specialty.RHEUMATOLOGY: ("Rheumatology", "Cơ xương khớp"),
    Specialty.UROLOGY: ("Urology", "Tiết niệu"),
}
"""English and Vietnamese name of each specialty."""


class LaboratorySection(StrEnum):
    """Where in the laboratory a technician works: FHIR R4 diagnostic-service-sections."""

    BLOOD_BANK = "BLB"
    CHEMISTRY = "CH"
    CYTOLOGY = "CP"
    HAEMATOLOGY = "HM"
    IMMUNOLOGY = "IMM"
    MICROBIOLOGY = "MB"
    TOXICOLOGY = "TX"
    VIROLOGY = "VR"


class AccountStatus(StrEnum):
    """Whether a person may sign in."""

    INVITED = "invited"
    ACTIVE = "active"
    INACTIVE = "inactive"


class TokenPurpose(StrEnum):
    """What a one-time token, sent by e-mail, is good for."""

    EMAIL_VERIFICATION = "email-verification"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - a purpose, not a password
    INVITATION = "invitation"


class SessionEnd(StrEnum):
    """Why a session can no longer be refreshed."""

    SIGNED_OUT = "signed-out"
    IDLE = "idle"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    DEACTIVATED = "deactivated"
    TOKEN_REUSED = "token-reused"  # noqa: S105


class Activity(StrEnum):
    """What is written into a person's own activity list."""

    REGISTERED = "registered"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation-accepted"
    IMPORTED = "imported"
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGNED_OUT = "signed-out"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    REFRESH_TOKEN_REUSED = "refresh-token-reused"  # noqa: S105
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    PASSWORD_RESET_REQUESTED = "password-reset-requested"  # noqa: S105
    PASSWORD_RESET = "password-reset"  # noqa: S105
    EMAIL_VERIFIED = "email-verified"
    TOTP_ENABLED = "totp-enabled"
    TOTP_DISABLED = "totp-disabled"
    RECOVERY_CODE_USED = "recovery-code-used"
    RECOVERY_CODES_RENEWED = "recovery-codes-renewed"
    PERSON_CHANGED = "person-changed"
    PROFILE_CHANGED = "profile-changed"
    ADDRESS_ADDED = "address-added"
    ADDRESS_CHANGED = "address-changed"
    ADDRESS_REMOVED = "address-removed"
    ROLES_CHANGED = "roles-changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    UNLOCKED = "unlocked"
