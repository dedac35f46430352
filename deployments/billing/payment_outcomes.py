"""What an outcome does to a payment or a refund, whoever brings it and in whatever order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.events import PaymentFailed
from deployments.billing.payment_desk import PAYMENT, REFUND, SOFTWARE, PaymentDesk, audit_of
from deployments.billing.payment_posting import capture, close, give_back, take_back, words_of
from deployments.billing.payment_provider import Declined, Outcome, Succeeded
from deployments.billing.payment_states import (
    OPEN,
    REVERSED,
    PaymentStatus,
    RefundMove,
    RefundStatus,
    check_refund_move,
    next_status,
)
from deployments.publishing import publish
from storage.billing import deposits, payments, refunds


def take_outcome(
    connection: Connection, desk: PaymentDesk, payment_id: UUID, outcome: Outcome
) -> RowMapping | None:
    """Lets the provider's word take effect, once; the payment, or None when it is not ours."""
    row = payments.find(connection, payment_id, lock=True)
    if row is None:
        return None
    now = desk.now()
    status = PaymentStatus(row["status"])
    target = next_status(status, outcome)
    if target is not None and target not in OPEN:
        moved = _finish(connection, row, target, outcome, now)
        audit_of(connection, SOFTWARE, f"payment.{target}", PAYMENT, row, now)
        return moved
    if status not in OPEN:
        return row
    due = now + desk.settings.pause(row["fence"])
    values = {"status": (target or status).value, "due_at": due, "updated_at": now}
    return payments.change(connection, payment_id, values)


def _finish(
    connection: Connection,
    row: RowMapping,
    target: PaymentStatus,
    outcome: Outcome,
    now: datetime,
) -> RowMapping:
    if target is PaymentStatus.SUCCEEDED:
        return capture(connection, row, now)
    if target in REVERSED and row["captured"]:
        return take_back(connection, row, target, now, SOFTWARE.user_id)
    code = outcome.code if isinstance(outcome, Declined) else target.value
    if PaymentStatus(row["status"]) in OPEN:
        publish(connection, PaymentFailed(occurred_at=now, code=code, **words_of(row)))
    return close(connection, row, target, now, failure_code=code)


def take_refund_outcome(
    connection: Connection, desk: PaymentDesk, refund_id: UUID, outcome: Outcome
) -> RowMapping | None:
    """The same for a refund that was sent to the provider."""
    seen = refunds.find(connection, refund_id)
    if seen is None:
        return None
    payment = payments.find(connection, seen["payment_id"], lock=True)
    row = refunds.find(connection, refund_id, lock=True)
    if payment is None or row is None or row["status"] != RefundStatus.IN_PROGRESS:
        return row
    now = desk.now()
    match outcome:
        case Succeeded():
            return finish_refund(connection, payment, row, now, row["completed_by"])
        case Declined(code):
            return _fail_refund(connection, payment, row, code, now)
    return refunds.change(
        connection, refund_id, {"due_at": now + desk.settings.pause(row["fence"])}
    )


def finish_refund(
    connection: Connection, payment: RowMapping, row: RowMapping, now: datetime, actor_id: UUID
) -> RowMapping:
    """The money is back: ledger, payment and refund together."""
    status = check_refund_move(RefundMove.COMPLETE, RefundStatus(row["status"]))
    give_back(connection, payment, row, now, actor_id)
    values = {"status": status.value, "completed_at": now, "completed_by": actor_id}
    return refunds.change(connection, row["id"], values)


def release(connection: Connection, payment: RowMapping, refund: RowMapping, now: datetime) -> None:
    """What was kept for a refund that does not come about is free again."""
    if refund["from_deposit"]:
        kept = refund["from_deposit"]
        deposits.put(connection, payment["patient_id"], payment["currency"], kept, now)
    values = {
        "reserved": payment["reserved"] - refund["amount"],
        "deposited": payment["deposited"] + refund["from_deposit"],
        "updated_at": now,
    }
    payments.change(connection, payment["id"], values)


def _fail_refund(
    connection: Connection, payment: RowMapping, row: RowMapping, code: str, now: datetime
) -> RowMapping:
    status = check_refund_move(RefundMove.FAIL, RefundStatus(row["status"]))
    release(connection, payment, row, now)
    audit_of(connection, SOFTWARE, "refund.failed", REFUND, row, now)
    return refunds.change(connection, row["id"], {"status": status.value, "failure_code": code})
