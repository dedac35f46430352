"""What stock and dispensing refuse."""

from deployments.errors import Conflict, Forbidden, Invalid, NotFound


class LocationNotFound(NotFound):
    """No such place where stock lies."""

    code = "pharmacy.location_not_found"
    title = "No such place"


class BatchNotFound(NotFound):
    """No such batch."""

    code = "pharmacy.batch_not_found"
    title = "No such batch"


class StockDocumentNotFound(NotFound):
    """No such stock document."""

    code = "pharmacy.stock_document_not_found"
    title = "No such stock document"


class DispensingNotFound(NotFound):
    """No such dispensing, or none that the caller may know of."""

    code = "pharmacy.dispensing_not_found"
    title = "No such dispensing"


class RecallNotFound(NotFound):
    """No such recall."""

    code = "pharmacy.recall_not_found"
    title = "No such recall"


class LocationCodeInUse(Conflict):
    """Another place has the code."""

    code = "pharmacy.location_code_in_use"
    title = "The code is in use"


class LotMismatch(Conflict):
    """The lot of this medication is known with another last day of use."""

    code = "pharmacy.lot_mismatch"
    title = "The lot is known with another last day"


class QuantityNotPossible(Invalid):
    """The quantity does not fit the unit or the document; `errors` says which."""

    code = "pharmacy.quantity_not_possible"
    title = "Not a possible quantity"


class OutOfStock(Conflict):
    """The place has less usable stock than is asked for."""

    code = "pharmacy.out_of_stock"
    title = "Not enough usable stock"


class TooMuchStock(Conflict):
    """A place would hold a billion units of a batch or more: a slip of the keyboard."""

    code = "pharmacy.too_much_stock"
    title = "No place holds so much"


class BatchNotUsable(Conflict):
    """The batch is expired, quarantined or recalled: it leaves by disposal only."""

    code = "pharmacy.batch_not_usable"
    title = "The batch cannot be used"


class StockMoved(Conflict):
    """Stock moved between the count and its approval; count again."""

    code = "pharmacy.stock_moved"
    title = "Stock moved since it was counted"


class SamePerson(Forbidden):
    """Who made it neither decides on it nor witnesses it."""

    code = "pharmacy.same_person"
    title = "Another person must do this"


class WitnessNeeded(Conflict):
    """A controlled drug moves only after a second person has signed."""

    code = "pharmacy.witness_needed"
    title = "A witness must sign first"


class NotDispensable(Conflict):
    """The prescription is not active, or not verified."""

    code = "pharmacy.not_dispensable"
    title = "The prescription cannot be dispensed"


class TooMuchDispensed(Conflict):
    """More is asked for than the prescription still allows."""

    code = "pharmacy.too_much_dispensed"
    title = "More than may be dispensed"


class TooEarlyToRefill(Conflict):
    """The last fill still lasts."""

    code = "pharmacy.too_early_to_refill"
    title = "Too early for a refill"


class SubstitutionNotAllowed(Conflict):
    """The prescriber wants the product as written, or the product is not equal to it."""

    code = "pharmacy.substitution_not_allowed"
    title = "Not a substitute"


class TooMuchReturned(Conflict):
    """More comes back than was handed over and kept."""

    code = "pharmacy.too_much_returned"
    title = "More than was handed over"


class NoQuarantine(Conflict):
    """Nothing is set up where spoiled stock is kept apart."""

    code = "pharmacy.no_quarantine"
    title = "No place for spoiled stock"


class AlreadyRecalled(Conflict):
    """The lot is recalled already."""

    code = "pharmacy.already_recalled"
    title = "The lot is recalled already"
