"""Statuses of payments and refunds: where each outcome and each move leads."""

import itertools

import pytest

from deployments.billing.payment_errors import RefundMoveNotAllowed
from deployments.billing.payment_provider import (
    Absent,
    Declined,
    Pending,
    Reversed,
    Succeeded,
    Unknown,
)
from deployments.billing.payment_states import (
    OPEN,
    PaymentStatus,
    RefundMove,
    RefundStatus,
    check_refund_move,
    next_status,
)

OUTCOMES = {
    "succeeded": Succeeded(),
    "declined": Declined("no"),
    "pending": Pending(),
    "unknown": Unknown("time-out"),
    "absent": Absent(),
    "voided": Reversed("voided"),
    "charged-back": Reversed("charged-back"),
}
TABLE = {  # status: outcome -> next; what is not here says nothing new
    "created": {"succeeded": "succeeded", "declined": "failed", "pending": "pending",
                "unknown": "unknown", "voided": "voided", "charged-back": "charged-back"},
    "pending": {"succeeded": "succeeded", "declined": "failed", "unknown": "unknown",
                "voided": "voided", "charged-back": "charged-back"},
    "unknown": {"succeeded": "succeeded", "declined": "failed", "pending": "pending",
                "voided": "voided", "charged-back": "charged-back"},
    "succeeded": {"voided": "voided", "charged-back": "charged-back"},
    "failed": {"succeeded": "succeeded", "voided": "voided", "charged-back": "charged-back"},
    "voided": {},
    "charged-back": {},
}  # fmt: skip


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_where_each_outcome_leads(status, outcome):
    wanted = TABLE[status].get(outcome)
    assert next_status(status, OUTCOMES[outcome]) == wanted


@pytest.mark.parametrize(
    ("said", "end"),
    [
        (["succeeded", "pending", "unknown"], "succeeded"),
        (["declined", "pending", "unknown"], "failed"),
        (["succeeded", "charged-back", "pending"], "charged-back"),
    ],
)
def test_the_end_is_the_same_in_every_order(said, end):
    for order in itertools.permutations([*said, *said]):
        status = PaymentStatus.CREATED
        for word in order:
            status = next_status(status, OUTCOMES[word]) or status
        assert status == end, order


def test_what_is_over_never_opens_again():
    for status in set(PaymentStatus) - OPEN:
        for outcome in OUTCOMES.values():
            assert next_status(status, outcome) not in OPEN


MOVES = {
    ("approve", "requested"): "approved",
    ("reject", "requested"): "rejected",
    ("reject", "approved"): "rejected",
    ("send", "approved"): "in-progress",
    ("complete", "approved"): "completed",
    ("complete", "in-progress"): "completed",
    ("fail", "in-progress"): "failed",
}


@pytest.mark.parametrize("move", RefundMove)
@pytest.mark.parametrize("status", RefundStatus)
def test_moves_of_refunds(move, status):
    if (move, status) in MOVES:
        assert check_refund_move(move, status) == MOVES[move, status]
    else:
        with pytest.raises(RefundMoveNotAllowed):
            check_refund_move(move, status)
