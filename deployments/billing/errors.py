"""What billing refuses."""

from deployments.errors import Conflict, NotFound


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
