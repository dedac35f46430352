"""Statuses of payments and refunds, and where each outcome leads. Pure rules.

The provider's word on money that moved is final: success wins over an earlier failure, and
nothing wins over a reversal. So the order in which answer, webhook and look-up arrive is free.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from deployments.billing.payment_errors import RefundMoveNotAllowed
from deployments.billing.payment_provider import (
    Absent,
    Declined,
    Outcome,
    Pending,
    Reversed,
    Succeeded,
    Unknown,
)


class PaymentMethod(StrEnum):
    """How money comes."""

    CARD = "card"
    CASH = "cash"
    BANK_TRANSFER = "bank-transfer"
    DEPOSIT = "deposit"


class PaymentStatus(StrEnum):
    """How far a payment is; refunds are told by amounts, not by the status.

    `created`: written, the provider has not been asked. `pending`: asked. `unknown`: asked, and
    no clear answer. `voided`, `charged-back`: the bank or the cardholder took it back.
    """

    CREATED = "created"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    VOIDED = "voided"
    CHARGED_BACK = "charged-back"


_S = PaymentStatus
OPEN: Final = frozenset({_S.CREATED, _S.PENDING, _S.UNKNOWN})
REVERSED: Final = frozenset({_S.VOIDED, _S.CHARGED_BACK})


def next_status(status: PaymentStatus, outcome: Outcome) -> PaymentStatus | None:
    """The status after an outcome; None when it says nothing new."""
    if status in REVERSED:
        return None
    match outcome:
        case Reversed(how):
            return PaymentStatus(how)
        case Succeeded():
            return None if status is _S.SUCCEEDED else _S.SUCCEEDED
        case Declined():
            return _S.FAILED if status in OPEN else None
        case Unknown():
            return _S.UNKNOWN if status in {_S.CREATED, _S.PENDING} else None
        case Pending():
            return _S.PENDING if status in {_S.CREATED, _S.UNKNOWN} else None
        case Absent():
            return None


class RefundStatus(StrEnum):
    """How far a refund is; `in-progress` has been sent to the provider."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    FAILED = "failed"


class RefundMove(StrEnum):
    """What can be done to a refund; the word stands in the audit log."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND = "send"
    COMPLETE = "complete"
    FAIL = "fail"


_R = RefundStatus
_MOVES: Final[Mapping[RefundMove, tuple[frozenset[RefundStatus], RefundStatus]]] = {
    RefundMove.APPROVE: (frozenset({_R.REQUESTED}), _R.APPROVED),
    RefundMove.REJECT: (frozenset({_R.REQUESTED, _R.APPROVED}), _R.REJECTED),
    RefundMove.SEND: (frozenset({_R.APPROVED}), _R.IN_PROGRESS),
    RefundMove.COMPLETE: (frozenset({_R.APPROVED, _R.IN_PROGRESS}), _R.COMPLETED),
    RefundMove.FAIL: (frozenset({_R.IN_PROGRESS}), _R.FAILED),
}


def check_refund_move(move: RefundMove, status: RefundStatus) -> RefundStatus:
    """The status after the move.

    Raises:
        RefundMoveNotAllowed: the status does not allow it.
    """
    sources, target = _MOVES[move]
    if status not in sources:
        raise RefundMoveNotAllowed(f"{move} is not possible while the refund is {status}")
    return target


class RefundReason(StrEnum):
    """Why money goes back."""

    CREDIT_NOTE = "credit-note"
    DUPLICATE = "duplicate"
    SERVICE_NOT_GIVEN = "service-not-given"
    OVERPAID = "overpaid"
    WRONG_AMOUNT = "wrong-amount"
    DEPOSIT_NOT_NEEDED = "deposit-not-needed"
    GOODWILL = "goodwill"


class SessionStatus(StrEnum):
    """How far a cashier's session is."""

    OPEN = "open"
    CLOSED = "closed"
    RECONCILED = "reconciled"
