"""What the pharmacy service refuses."""

from deployments.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unavailable,
)


class MedicationNotFound(NotFound):
    """No such medication in the formulary."""

    code = "pharmacy.medication_not_found"
    title = "No such medication"


class MedicationRetired(Conflict):
    """The medication is no longer prescribed here."""

    code = "pharmacy.medication_retired"
    title = "The medication is no longer in the formulary"


class CodeInUse(Conflict):
    """Another medication has the code."""

    code = "pharmacy.code_in_use"
    title = "The code is in use"


class PrescriptionNotFound(NotFound):
    """No such prescription, or none that the caller may know of."""

    code = "pharmacy.prescription_not_found"
    title = "No such prescription"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller treats."""

    code = "pharmacy.patient_not_found"
    title = "No such patient"


class NotPrescribable(Invalid):
    """A rule of prescribing speaks against an item; `errors` says which."""

    code = "pharmacy.not_prescribable"
    title = "Cannot be prescribed so"


class Contraindicated(Conflict):
    """The safety check found what must not be; nobody overrides it."""

    code = "pharmacy.contraindicated"
    title = "Contraindicated"


class OverrideNeeded(Conflict):
    """Serious findings, or drugs that cannot be checked, need a coded reason each."""

    code = "pharmacy.override_needed"
    title = "Say why it is prescribed all the same"


class UnknownOverride(Invalid):
    """An override speaks of a finding that the check does not have: look at the findings again."""

    code = "pharmacy.unknown_override"
    title = "Nothing to override"


class DuplicateTherapy(Conflict):
    """Another active order has the same ingredient, and the item does not say why."""

    code = "pharmacy.duplicate_therapy"
    title = "The same ingredient is ordered already"


class CannotCheck(Unavailable):
    """Medical records does not answer, so nothing is known of the patient; nothing is written."""

    code = "pharmacy.cannot_check"
    title = "The safety check cannot be made"


class MoveNotAllowed(Conflict):
    """The prescription's status does not allow the move."""

    code = "pharmacy.move_not_allowed"
    title = "Not possible in this status"


class Expired(Conflict):
    """The prescription can no longer be handed out."""

    code = "pharmacy.expired"
    title = "The prescription has expired"


class OwnPrescription(Forbidden):
    """Nobody prescribes to themselves, or verifies what they wrote or what they will get; ours."""

    code = "pharmacy.own_prescription"
    title = "Your own prescription"


class ChangedMeanwhile(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    code = "pharmacy.changed"
    title = "Changed meanwhile"
