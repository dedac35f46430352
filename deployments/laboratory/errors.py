"""What the laboratory refuses."""

from deployments.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unavailable,
)


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


class TestTypeNotFound(NotFound):
    """Neither test nor panel has the id or the code."""

    __test__ = False
    code = "laboratory.test_type_not_found"
    title = "No such test"


class CodeInUse(Conflict):
    """Another test, panel or parameter has the code."""

    code = "laboratory.code_in_use"
    title = "The code is in use"


class CatalogueInvalid(Invalid):
    """The definition of a test contradicts itself or the catalogue; `errors` says where."""

    code = "laboratory.catalogue_invalid"
    title = "The test cannot be defined so"


class TestTypeChanged(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    __test__ = False
    code = "laboratory.test_type_changed"
    title = "Changed meanwhile"


class NotOrderable(Invalid):
    """Something in the order is not offered; `errors` says what."""

    code = "laboratory.not_orderable"
    title = "Cannot be ordered so"


class AlreadyOrdered(Conflict):
    """The order has the test already."""

    code = "laboratory.already_ordered"
    title = "The test is on the order already"


class ChangedMeanwhile(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    code = "laboratory.changed_meanwhile"
    title = "Changed meanwhile"


class MoveNotAllowed(Conflict):
    """The status does not allow it; somebody else may have been faster."""

    code = "laboratory.move_not_allowed"
    title = "Not possible in this status"


class SpecimenNotFound(NotFound):
    """No such specimen, or none that the caller may know of."""

    code = "laboratory.specimen_not_found"
    title = "No such specimen"


class TestNotFound(NotFound):
    """No such ordered test, or none that the caller may know of."""

    __test__ = False
    code = "laboratory.test_not_found"
    title = "No such test on any order"


class WrongTime(Invalid):
    """The time lies in the future, or before what must come first."""

    code = "laboratory.wrong_time"
    title = "The time cannot be right"


class NotEnoughLeft(Conflict):
    """The specimen has less than what is to be taken from it."""

    code = "laboratory.not_enough_left"
    title = "Not enough of the specimen is left"


class ResultNotFound(NotFound):
    """No such result, or none that the caller may know of."""

    code = "laboratory.result_not_found"
    title = "No such result"


class OwnResult(Forbidden):
    """Who entered a result does not release it."""

    code = "laboratory.own_result"
    title = "Somebody else must release it"


class NotPlaced(Invalid):
    """A value cannot be taken; `errors` says which and why, and nothing was stored."""

    code = "laboratory.not_placed"
    title = "The values cannot be taken"


class HeldNotFound(NotFound):
    """Nothing with this id was ever held."""

    code = "laboratory.held_not_found"
    title = "Nothing held with this id"


class ControlOpen(Conflict):
    """A control of the analyzer is out of its limits: nothing of it is released."""

    code = "laboratory.control_open"
    title = "Quality control holds the result"


class AlertNotFound(NotFound):
    """No such alert, or none that the caller may know of."""

    code = "laboratory.alert_not_found"
    title = "No such alert"


class WrongReadBack(Invalid):
    """What was read back is not the value; nobody has acknowledged it."""

    code = "laboratory.wrong_read_back"
    title = "Read the value back again"


class NobodyTold(Invalid):
    """The laboratory acknowledges only for somebody who treats the patient and whom it told."""

    code = "laboratory.nobody_told"
    title = "Say who was told"


class ControlNotFound(NotFound):
    """No such lot of control material, or broken rule."""

    code = "laboratory.control_not_found"
    title = "No such control"


class ControlLotInUse(Conflict):
    """The lot of this level is there already for the parameter and the analyzer."""

    code = "laboratory.control_lot_in_use"
    title = "The control lot is there already"


class MessageNotFound(NotFound):
    """No such message of an analyzer."""

    code = "laboratory.message_not_found"
    title = "No such message"


class ReportNotFound(NotFound):
    """No such report, or none that the caller may see."""

    code = "laboratory.report_not_found"
    title = "No such report"
