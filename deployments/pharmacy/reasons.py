"""Coded reasons that prescribers and pharmacists give."""

from enum import StrEnum


class OverrideReason(StrEnum):
    """Why something is prescribed or handed out in spite of a finding.

    Attributes:
        NOT_COVERED: what the data cannot check was checked by a person; only for that.
    """

    BENEFIT_OUTWEIGHS_RISK = "benefit-outweighs-risk"
    TOLERATED_BEFORE = "tolerated-before"
    WILL_MONITOR = "will-monitor"
    DOSE_ADJUSTED = "dose-adjusted"
    NO_ALTERNATIVE = "no-alternative"
    PALLIATIVE = "palliative"
    INTENDED_COMBINATION = "intended-combination"
    NOT_COVERED = "checked-by-hand"


class NoSubstitutionReason(StrEnum):
    """Why exactly this product is wanted."""

    CONTINUING_THERAPY = "continuing-therapy"
    EXCIPIENT_ALLERGY = "excipient-allergy"
    NARROW_THERAPEUTIC_INDEX = "narrow-therapeutic-index"
    PATIENT_REQUEST = "patient-request"


class EndReason(StrEnum):
    """Why a prescription rests or ends by its prescriber's will."""

    ADVERSE_REACTION = "adverse-reaction"
    NOT_EFFECTIVE = "not-effective"
    NO_LONGER_NEEDED = "no-longer-needed"
    THERAPY_CHANGED = "therapy-changed"
    AWAITING_RESULT = "awaiting-result"
    SURGERY = "surgery"
    PATIENT_REQUEST = "patient-request"
    WRITTEN_IN_ERROR = "written-in-error"
    OTHER = "other"


class PharmacistReason(StrEnum):
    """What a pharmacist asks about, or why they refuse."""

    DOSE = "dose"
    INTERACTION = "interaction"
    ALLERGY = "allergy"
    DUPLICATE_THERAPY = "duplicate-therapy"
    INDICATION = "indication"
    UNCLEAR = "unclear"
    OUT_OF_STOCK = "out-of-stock"
    SUSPECTED_MISUSE = "suspected-misuse"
    OTHER = "other"
