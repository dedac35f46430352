"""What billing tells others: ids, codes and amounts only."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from deployments.events import Event


class PaymentEvent(Event):
    """What every event about a payment says.

    Attributes:
        invoice_id: None when a deposit was paid.
        amount: minor units of the currency.
        method: card, cash, bank-transfer or deposit.
    """

    aggregate_field: ClassVar[str] = "payment_id"

    payment_id: UUID
    patient_id: UUID
    invoice_id: UUID | None
    method: str
    amount: int
    currency: str


class PaymentSucceeded(PaymentEvent):
    """Money came in."""

    name: ClassVar[str] = "billing.payment_succeeded.v1"


class PaymentFailed(PaymentEvent):
    """A payment was declined; nothing was taken.

    Attributes:
        code: the provider's reason.
    """

    name: ClassVar[str] = "billing.payment_failed.v1"

    code: str


class PaymentRefunded(PaymentEvent):
    """Money of a payment went back; `amount` is the refund's."""

    name: ClassVar[str] = "billing.payment_refunded.v1"

    refund_id: UUID


class PaymentReversed(PaymentEvent):
    """The bank or the cardholder took money back that we had; `amount` is what we lost.

    Attributes:
        how: voided or charged-back.
    """

    name: ClassVar[str] = "billing.payment_reversed.v1"

    how: str


class InvoiceEvent(Event):
    """What every event about an invoice says."""

    aggregate_field: ClassVar[str] = "invoice_id"

    invoice_id: UUID
    patient_id: UUID


class InvoiceIssued(InvoiceEvent):
    """An invoice was issued."""

    name: ClassVar[str] = "billing.invoice_issued.v1"

    number: str
    due_on: date


class InvoiceOverdue(InvoiceEvent):
    """A patient's part of an invoice was not paid in time.

    Attributes:
        step: of the ladder, from 1.
    """

    name: ClassVar[str] = "billing.invoice_overdue.v1"

    number: str
    step: int
    due_on: date


class CreditNoteIssued(InvoiceEvent):
    """Something of an invoice was taken back.

    Attributes:
        kind: reversal, correction or allowance.
    """

    name: ClassVar[str] = "billing.credit_note_issued.v1"

    credit_note_id: UUID
    number: str
    kind: str


class ClaimEvent(Event):
    """What every event about a claim says.

    Attributes:
        reasons: why less was paid than charged, or why it was not taken in: `PR-2`, `A3:33`.
    """

    aggregate_field: ClassVar[str] = "claim_id"

    claim_id: UUID
    patient_id: UUID
    invoice_id: UUID
    reasons: list[str]


class ClaimDenied(ClaimEvent):
    """An insurer refused a claim as a whole."""

    name: ClassVar[str] = "billing.claim_denied.v1"


class ClaimPaid(ClaimEvent):
    """An insurer decided a claim.

    Attributes:
        outcome: complete or partial.
    """

    name: ClassVar[str] = "billing.claim_paid.v1"

    outcome: str


class ClaimRejected(ClaimEvent):
    """A claim was not taken in: it must be corrected and sent again."""

    name: ClassVar[str] = "billing.claim_rejected.v1"
