"""What the laboratory refuses."""

from deployments.errors import Invalid, NotFound, Unavailable


class OrderNotFound(NotFound):
    """No such order, or none that the caller may know of."""

    code = "laboratory.order_not_found"
    title = "No such order"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller treats."""

    code = "laboratory.patient_not_found"
    title = "No such patient"


class CannotCheck(Unavailable):
    """Medical records does not answer, so nobody knows who the patient is; nothing was written."""

    code = "laboratory.cannot_check"
    title = "The patient cannot be checked now"


class WrongUnit(Invalid):
    """The unit measures something else than the parameter."""

    code = "laboratory.wrong_unit"
    title = "The unit does not fit"
