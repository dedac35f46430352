"""Why a visit is cancelled: FHIR R4 appointment-cancellation-reason, and one code of our own.

Source: http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason, edition 4.0.1.
"""

from enum import StrEnum
from typing import Final

HOLD_EXPIRED: Final = "hold-expired"
"""Written by the sweeper when nobody confirmed a hold; nobody can ask for it."""


class CancellationCode(StrEnum):
    """Codes that a caller can give."""

    PATIENT = "pat"
    PATIENT_REMINDER_SYSTEM = "pat-crs"
    PATIENT_PORTAL = "pat-cpp"
    PATIENT_DECEASED = "pat-dec"
    PATIENT_FEELING_BETTER = "pat-fb"
    PATIENT_LACK_OF_TRANSPORT = "pat-lt"
    PATIENT_MEMBER_TERMINATED = "pat-mt"
    PATIENT_MOVED = "pat-mv"
    PATIENT_PREGNANT = "pat-preg"
    PATIENT_FROM_WAITLIST = "pat-swl"
    PATIENT_CHANGED_PROVIDER = "pat-uwp"
    PROVIDER = "prov"
    PROVIDER_PERSONAL = "prov-pers"
    PROVIDER_DISCHARGED = "prov-dch"
    PROVIDER_EDUCATION = "prov-edu"
    PROVIDER_HOSPITALIZED = "prov-hosp"
    PROVIDER_LABS = "prov-labs"
    PROVIDER_MRI_SCREENING = "prov-mrs"
    PROVIDER_ONCOLOGY = "prov-onc"
    EQUIPMENT_MAINTENANCE = "maint"
    PREPARATION_INCOMPLETE = "meds-inc"
    OTHER = "other"
    OTHER_THERAPY_CAP = "oth-cms"
    OTHER_ERROR = "oth-err"
    OTHER_FINANCIAL = "oth-fin"
    OTHER_INFILTRATE = "oth-iv"
    OTHER_NO_INTERPRETER = "oth-int"
    OTHER_RESULTS_UNAVAILABLE = "oth-mu"
    OTHER_RESOURCE = "oth-room"
    OTHER_ORDER_ERROR = "oth-oerr"
    OTHER_WALK_IN_ERROR = "oth-swie"
    OTHER_WEATHER = "oth-weath"


PATIENT_CODES: Final = frozenset(
    {
        CancellationCode.PATIENT,
        CancellationCode.PATIENT_REMINDER_SYSTEM,
        CancellationCode.PATIENT_PORTAL,
        CancellationCode.PATIENT_FEELING_BETTER,
        CancellationCode.PATIENT_LACK_OF_TRANSPORT,
        CancellationCode.PATIENT_MOVED,
        CancellationCode.PATIENT_PREGNANT,
        CancellationCode.PATIENT_CHANGED_PROVIDER,
        CancellationCode.OTHER,
        CancellationCode.OTHER_FINANCIAL,
        CancellationCode.OTHER_WEATHER,
    }
)
"""Codes that a patient can give."""
