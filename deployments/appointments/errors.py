"""What the appointments service refuses."""

from deployments.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed


class AppointmentNotFound(NotFound):
    """No such appointment, or none that the caller may know of."""

    code = "appointments.not_found"
    title = "No such appointment"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller may act for."""

    code = "appointments.patient_not_found"
    title = "No such patient"


class PractitionerNotFound(NotFound):
    """No such doctor, or one who sees nobody any more."""

    code = "appointments.practitioner_not_found"
    title = "No such doctor"


class ReasonNotFound(NotFound):
    """No such reason for a visit, or one that is no longer offered."""

    code = "appointments.reason_not_found"
    title = "No such reason for a visit"


class AvailabilityNotFound(NotFound):
    """No such rule, exception or leave, or another doctor's."""

    code = "appointments.availability_not_found"
    title = "No such availability"


class SlotTaken(Conflict):
    """Somebody else has the doctor's time."""

    code = "appointments.slot_taken"
    title = "The time is taken"


class PatientBusy(Conflict):
    """The patient has another visit at that time."""

    code = "appointments.patient_overlap"
    title = "The patient has another visit at that time"


class NotOffered(Conflict):
    """The doctor does not see patients then, or visits do not begin then."""

    code = "appointments.not_offered"
    title = "The doctor does not offer this time"


class NotBookable(Invalid):
    """A rule of booking speaks against the time or the reason; `errors` says which."""

    code = "appointments.not_bookable"
    title = "Cannot be booked"


class TooManyHolds(Conflict):
    """The patient holds as many times as are allowed at once."""

    code = "appointments.too_many_holds"
    title = "Too many times held"


class HoldExpired(Conflict):
    """The hold's lease has ended; the time may be somebody else's."""

    code = "appointments.hold_expired"
    title = "The hold has expired"


class MoveNotAllowed(Conflict):
    """The appointment's status does not allow the move."""

    code = "appointments.move_not_allowed"
    title = "Not possible in this status"


class TooEarly(Conflict):
    """The move is allowed only later."""

    code = "appointments.too_early"
    title = "Too early"


class CancellationReasonNotAllowed(Forbidden):
    """Patients cancel with a patient's reason."""

    code = "appointments.cancellation_reason_not_allowed"
    title = "Not a reason that a patient can give"


class ChangedMeanwhile(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    code = "appointments.changed"
    title = "Changed meanwhile"


class CodeInUse(Conflict):
    """Another reason has the code."""

    code = "appointments.code_in_use"
    title = "The code is in use"


class ConflictingImport(Conflict):
    """The identifier belongs to an appointment of somebody else."""

    code = "appointments.conflicting_import"
    title = "The identifier is in use"
