"""What billing refuses."""

from deployments.errors import Conflict, Forbidden, Invalid, Malformed, NotFound, PreconditionFailed


class InvoiceNotFound(NotFound):
    """No such invoice, or none that the caller may know of."""

    code = "billing.invoice_not_found"
    title = "No such invoice"


class NotIssued(Conflict):
    """Only an issued invoice can be settled."""

    code = "billing.not_issued"
    title = "The invoice is not issued"


class OverPayment(Conflict):
    """More would be settled than the party owes, or less than nothing."""

    code = "billing.over_payment"
    title = "More than is owed"


class NotDraft(Conflict):
    """Only a draft can be changed or issued; what is issued is changed by credit notes."""

    code = "billing.not_draft"
    title = "It is issued already"


class NothingToIssue(Conflict):
    """Nothing on the draft is billable."""

    code = "billing.nothing_to_issue"
    title = "There is nothing to issue"


class Unpriced(Conflict):
    """No price list says what something costs on its day; `errors` says which charges."""

    code = "billing.unpriced"
    title = "Something has no price"


class DiscountUndecided(Conflict):
    """Somebody asked for a discount, and nobody decided."""

    code = "billing.discount_undecided"
    title = "A discount waits for a decision"


class DiscountNotFound(NotFound):
    """No such discount."""

    code = "billing.discount_not_found"
    title = "No such discount"


class DiscountExists(Conflict):
    """There is one for the draft, or for the charge, already."""

    code = "billing.discount_exists"
    title = "There is a discount already"


class ExemptionNotFound(NotFound):
    """No such exemption of the patient."""

    code = "billing.exemption_not_found"
    title = "No such exemption"


class ChargeNotFound(NotFound):
    """No such charge, or none that the caller may know of."""

    code = "billing.charge_not_found"
    title = "No such charge"


class AlreadyDecided(Conflict):
    """It was approved, rejected or issued before."""

    code = "billing.already_decided"
    title = "Decided already"


class OwnRequest(Forbidden):
    """Nobody decides on what they asked for."""

    code = "billing.own_request"
    title = "Your own request"


class CreditNoteNotFound(NotFound):
    """No such credit note, or none that the caller may know of."""

    code = "billing.credit_note_not_found"
    title = "No such credit note"


class CreditNotePending(Conflict):
    """The invoice has a draft of this kind, which waits for a decision."""

    code = "billing.credit_note_pending"
    title = "A credit note waits for a decision"


class OverCredit(Conflict):
    """More would be credited than was billed and not credited yet."""

    code = "billing.over_credit"
    title = "More than was billed"


class PriceListNotFound(NotFound):
    """No such price list, or no such version of it."""

    code = "billing.price_list_not_found"
    title = "No such price list"


class PriceListExists(Conflict):
    """There is a list of this code, or for this payer and currency."""

    code = "billing.price_list_exists"
    title = "There is such a list already"


class PricesPublished(Conflict):
    """A published version is never changed; make the next one."""

    code = "billing.prices_published"
    title = "The version is published"


class ValidityOverlaps(Conflict):
    """Another version of the list holds from that day on, or from a later one."""

    code = "billing.validity_overlaps"
    title = "Another version holds then"


class PriceFileInvalid(Malformed):
    """The file cannot be read; `detail` says where."""

    code = "billing.price_file_invalid"
    title = "The file cannot be read"


class PatientNotFound(NotFound):
    """No such patient, or none that the caller may know of."""

    code = "billing.patient_not_found"
    title = "No such patient"


class ChangedMeanwhile(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    code = "billing.changed"
    title = "Changed meanwhile"


class TooManyLines(Invalid):
    """The file would be too long; ask for fewer days."""

    code = "billing.too_many_lines"
    title = "Too many lines"
