"""What billing refuses about payments, refunds and cashiers."""

from deployments.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
)


class PaymentNotFound(NotFound):
    """No such payment, or none that the caller may know of."""

    code = "billing.payment_not_found"
    title = "No such payment"


class RefundNotFound(NotFound):
    """No such refund, or none that the caller may know of."""

    code = "billing.refund_not_found"
    title = "No such refund"


class SessionNotFound(NotFound):
    """No such cashier's session."""

    code = "billing.cashier_session_not_found"
    title = "No such cashier's session"


class MoreThanIsOwed(Conflict):
    """With what is being paid right now, more would be paid than the patient owes."""

    code = "billing.more_than_is_owed"
    title = "More than is owed"


class MethodNotAllowed(Forbidden):
    """A patient pays by card or from the deposit; the rest is taken at the desk."""

    code = "billing.method_not_allowed"
    title = "Pay this way at the desk"


class TooLittleTendered(Invalid):
    """Less cash was given than is to be paid."""

    code = "billing.too_little_tendered"
    title = "Too little cash"


class NoOpenSession(Conflict):
    """Cash moves only through the caller's open session, and no more than is in the drawer."""

    code = "billing.no_open_session"
    title = "No open session with enough cash"


class SessionOpen(Conflict):
    """The cashier has a session open already."""

    code = "billing.session_open"
    title = "A session is open"


class SessionMoveNotAllowed(Conflict):
    """The session's status does not allow it."""

    code = "billing.session_move_not_allowed"
    title = "Not possible in this status"


class ReasonNeeded(Invalid):
    """What was counted differs from what should be there, so say why."""

    code = "billing.difference_needs_reason"
    title = "Say why the drawer differs"


class OtherPersonNeeded(Forbidden):
    """Two steps in a row need two people."""

    code = "billing.other_person_needed"
    title = "Somebody else does this"


class DepositTooSmall(Conflict):
    """So much is not on the patient's deposit, or no more."""

    code = "billing.deposit_too_small"
    title = "Not enough on the deposit"


class BankReferenceUsed(Conflict):
    """The transfer was recorded before."""

    code = "billing.bank_reference_used"
    title = "The transfer is recorded already"


class MoreThanCaptured(Conflict):
    """With the other refunds, more would go back than the payment brought."""

    code = "billing.more_than_captured"
    title = "More than was paid"


class RefundMoveNotAllowed(Conflict):
    """The refund's status does not allow the move."""

    code = "billing.refund_move_not_allowed"
    title = "Not possible in this status"


class PaymentChanged(PreconditionFailed):
    """It is not in the version that the caller read (If-Match)."""

    code = "billing.payment_changed"
    title = "Changed meanwhile"


class SignatureRefused(Unauthenticated):
    """The webhook is not from the provider, or is a recording of an old one."""

    code = "billing.signature_refused"
    title = "Not signed by the provider"
