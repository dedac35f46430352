"""What billing refuses about insurance."""

from deployments.errors import Conflict, Invalid, NotFound, PreconditionFailed


class PayerNotFound(NotFound):
    """No such insurer."""

    code = "billing.payer_not_found"
    title = "No such insurer"


class PlanNotFound(NotFound):
    """No such insurance plan."""

    code = "billing.plan_not_found"
    title = "No such insurance plan"


class InsuranceCodeInUse(Conflict):
    """Another insurer, or another plan of the insurer, has the code."""

    code = "billing.insurance_code_in_use"
    title = "The code is in use"


class PlanChanged(PreconditionFailed):
    """It is not in the version that the caller read."""

    code = "billing.plan_changed"
    title = "Changed meanwhile"


class CoverageNotFound(NotFound):
    """No such coverage, or none that the caller may know of."""

    code = "billing.coverage_not_found"
    title = "No such coverage"


class CoverageOverlaps(Conflict):
    """Another coverage pays at that position at that time."""

    code = "billing.coverage_overlaps"
    title = "Another coverage pays in that place"


class CoverageInvalid(Invalid):
    """The coverage contradicts itself or its plan; `errors` says where."""

    code = "billing.coverage_invalid"
    title = "The coverage cannot be so"


class CheckNotFound(NotFound):
    """No such eligibility check, or none that the caller may know of."""

    code = "billing.check_not_found"
    title = "No such eligibility check"


class CeilingReached(Conflict):
    """Another invoice has used up what was left of the policy; trying again calculates anew."""

    code = "billing.ceiling_reached"
    title = "The policy was used up meanwhile"


class ClaimNotFound(NotFound):
    """No such claim, or none that the caller may know of."""

    code = "billing.claim_not_found"
    title = "No such claim"


class ClaimExists(Conflict):
    """There is a claim for the invoice and the coverage, or one that replaces it."""

    code = "billing.claim_exists"
    title = "There is a claim already"


class ClaimInvalid(Invalid):
    """The claim would be rejected; `errors` has the coded reasons."""

    code = "billing.claim_invalid"
    title = "The claim is not complete"


class ClaimMoveNotAllowed(Conflict):
    """The status of the claim does not allow it; somebody else may have been faster."""

    code = "billing.claim_move_not_allowed"
    title = "Not possible in this status"


class ClaimPaid(Conflict):
    """The payer has paid it: the payer must take the payment back first."""

    code = "billing.claim_paid"
    title = "The claim is paid"


class RemittanceUnreadable(Invalid):
    """It is no 835, or does not keep to its implementation guide; nothing was posted."""

    code = "billing.remittance_unreadable"
    title = "The remittance cannot be read"


class RemittanceUnbalanced(Invalid):
    """Its sums do not agree; nothing of it was posted."""

    code = "billing.remittance_unbalanced"
    title = "The remittance is not balanced"


class RemittanceUnmatched(Conflict):
    """Something in it belongs to no claim that waits for an answer; nothing of it was posted."""

    code = "billing.remittance_unmatched"
    title = "The remittance fits no claim"


class RemittancePosted(Conflict):
    """The payer's payment with this trace number and amount is posted already."""

    code = "billing.remittance_posted"
    title = "Posted already"


class RemittanceNotFound(NotFound):
    """No such remittance."""

    code = "billing.remittance_not_found"
    title = "No such remittance"
