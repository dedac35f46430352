"""What people are told, by name and by event; of care in `workflows_of_care.py`, the rest here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from deployments.access import Role
from deployments.billing import events as billing
from deployments.events import Event
from deployments.notifications.codes import Priority
from deployments.notifications.events import Announced
from deployments.notifications.variables import (
    AnnouncementVariables,
    LinkVariables,
    SecondFactorVariables,
)
from deployments.notifications.workflow import (
    EVERYWHERE,
    INBOX,
    LETTER,
    SILENT,
    SMS_ON_REQUEST,
    Workflow,
    to_patient,
)
from deployments.notifications.workflows_of_care import OF_CARE
from deployments.users import events as users


def _to_owner(name: str, event: type[Event], **more: Any) -> Workflow:
    """About the reader's own account: cannot be muted."""
    return Workflow(f"users.{name}", event, "user_id", essential=True, **more)


def _link(name: str, event: type[Event]) -> Workflow:
    """Somebody sits and waits for it."""
    return _to_owner(
        name, event, variables=LinkVariables, channels=LETTER, priority=Priority.URGENT
    )


ANNOUNCEMENT: Final = Workflow(
    "notifications.announcement",
    Announced,
    "user_id",
    AnnouncementVariables,
    EVERYWHERE,
    on_request=SMS_ON_REQUEST,
    priority=Priority.BULK,
)
_ACCOUNTS: Final = [
    _to_owner("registered", users.UserRegistered, channels=INBOX),
    _to_owner("password_changed", users.PasswordChanged),
    _to_owner("second_factor_changed", users.SecondFactorChanged, variables=SecondFactorVariables),
    _to_owner("refresh_token_reused", users.RefreshTokenReused),
    _to_owner("signed_out_everywhere", users.SignedOutEverywhere),
    _to_owner("roles_changed", users.RolesChanged),
    _to_owner("reactivated", users.Reactivated),
    _link("invited", users.Invited),
    _link("email_verification_requested", users.EmailVerificationRequested),
    _link("password_reset_requested", users.PasswordResetRequested),
]
_MONEY: Final = [
    to_patient("billing.invoice_issued", billing.InvoiceIssued),
    to_patient("billing.invoice_overdue", billing.InvoiceOverdue),
    to_patient("billing.credit_note_issued", billing.CreditNoteIssued, channels=SILENT),
    to_patient("billing.payment_succeeded", billing.PaymentSucceeded, channels=SILENT),
    to_patient("billing.payment_failed", billing.PaymentFailed, channels=SILENT),
    to_patient("billing.payment_refunded", billing.PaymentRefunded, channels=SILENT),
    Workflow(
        "billing.payment_reversed.billing_officer",
        billing.PaymentReversed,
        Role.BILLING_OFFICER,
        channels=INBOX,
    ),
    to_patient("billing.claim_paid", billing.ClaimPaid, channels=SILENT),
    to_patient("billing.claim_denied", billing.ClaimDenied, channels=SILENT),
    Workflow(
        "billing.claim_rejected.billing_officer",
        billing.ClaimRejected,
        Role.BILLING_OFFICER,
        channels=INBOX,
    ),
]
_HEARD: Final = [*OF_CARE, *_ACCOUNTS, *_MONEY]

WORKFLOWS: Final[Mapping[str, Workflow]] = {it.name: it for it in [*_HEARD, ANNOUNCEMENT]}
BY_EVENT: Final[Mapping[type[Event], Sequence[Workflow]]] = {
    heard: [workflow for workflow in _HEARD if workflow.event is heard]
    for heard in {workflow.event for workflow in _HEARD}
}
ROLES: Final[Mapping[str, frozenset[Role]]] = {
    event.name: frozenset(it.reader for it in workflows if isinstance(it.reader, Role))
    for event, workflows in BY_EVENT.items()
}
"""By the name of an event, the roles whose every member is told of it."""
