"""What crosses the border about payments, refunds, deposits and cashiers.

Amounts are minor units of the currency beside them.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.billing.money import LARGEST
from deployments.billing.payment_states import (
    PaymentMethod,
    PaymentStatus,
    RefundReason,
    RefundStatus,
    SessionStatus,
)
from deployments.pagination import PageRequest
from deployments.schemas import LongText, Schema, ShortText

Amount = Annotated[int, Field(gt=0, le=LARGEST)]
Sum = Annotated[int, Field(ge=0, le=LARGEST)]
CurrencyCode = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
CardToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{4,100}$")]


class Card(Schema):
    """By card; the token stands for it, its number never comes here."""

    method: Literal["card"]
    card_token: CardToken


class Cash(Schema):
    """Cash at the desk; what is tendered above the amount goes back as change."""

    method: Literal["cash"]
    tendered: Amount


class BankTransfer(Schema):
    """A transfer that has arrived on the bank statement; each is recorded once."""

    method: Literal["bank-transfer"]
    bank_reference: ShortText


class FromDeposit(Schema):
    """Out of what the patient has paid in advance."""

    method: Literal["deposit"]


Means = Annotated[Card | Cash | BankTransfer | FromDeposit, Field(discriminator="method")]
Advance = Annotated[Card | Cash | BankTransfer, Field(discriminator="method")]


class PaymentRequest(Schema):
    """Pay an invoice, or a part of it."""

    invoice_id: UUID
    amount: Amount
    means: Means


class DepositRequest(Schema):
    """Pay in advance; a patient for themselves."""

    patient_id: UUID
    amount: Amount
    currency: CurrencyCode
    means: Advance


class Payment(Schema):
    """A payment.

    Attributes:
        invoice_id: None for a deposit.
        failure_code: why it failed, in the provider's words.
        captured: what came in; 0 as long as it is open and when it failed.
        deposited: the part of it that lies on the patient's deposit.
        refunded: what went back.
        refundable: what can still be asked back.
        change: cash given back at once.
    """

    id: UUID
    invoice_id: UUID | None
    patient_id: UUID
    method: PaymentMethod
    amount: int
    currency: str
    status: PaymentStatus
    failure_code: str | None
    captured: int
    deposited: int
    refunded: int
    refundable: int
    tendered: int | None
    change: int | None
    bank_reference: str | None
    session_id: UUID | None
    created_at: datetime
    captured_at: datetime | None
    version: int


class PaymentQuery(PageRequest):
    """Which payments are listed."""

    patient_id: UUID | None = None
    invoice_id: UUID | None = None
    status: PaymentStatus | None = None


class DepositBalance(Schema):
    """What a patient has paid in advance and not used."""

    currency: str
    balance: int


class Deposits(Schema):
    """The deposits of a patient, by currency."""

    patient_id: UUID
    balances: list[DepositBalance]


class RefundRequest(Schema):
    """Ask a part of a payment back."""

    amount: Amount
    reason_code: RefundReason
    note: LongText | None = None


class RefundDecision(Schema):
    """Say why."""

    note: ShortText


class Refund(Schema):
    """Money on its way back to where a payment came from."""

    id: UUID
    payment_id: UUID
    patient_id: UUID
    amount: int
    currency: str
    status: RefundStatus
    reason_code: RefundReason
    note: str | None
    decision_note: str | None
    failure_code: str | None
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    completed_by: UUID | None
    completed_at: datetime | None
    version: int


class RefundQuery(PageRequest):
    """Which refunds are listed."""

    payment_id: UUID | None = None
    patient_id: UUID | None = None
    status: RefundStatus | None = None


class SessionRequest(Schema):
    """Open a drawer."""

    cash_point: ShortText
    currency: CurrencyCode
    opening_float: Sum


class SessionClosing(Schema):
    """Count the drawer; a difference needs a reason."""

    counted: Sum
    difference_reason: ShortText | None = None


class CashierSession(Schema):
    """One drawer from opening to reconciliation.

    Attributes:
        taken: cash that came in, change already taken off.
        paid_out: cash that went out.
        expected: what should be in the drawer.
        difference: what was counted above it; negative is short.
    """

    id: UUID
    cashier_id: UUID
    cash_point: str
    currency: str
    status: SessionStatus
    opening_float: int
    taken: int
    paid_out: int
    expected: int
    counted: int | None
    difference: int | None
    difference_reason: str | None
    opened_at: datetime
    closed_at: datetime | None
    reconciled_by: UUID | None
    reconciled_at: datetime | None
    version: int


class SessionQuery(PageRequest):
    """Which sessions are listed."""

    status: SessionStatus | None = None
