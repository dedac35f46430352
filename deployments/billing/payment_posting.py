"""Money that comes, goes back or is taken back: invoice, deposit and ledger in one step each.

All of it runs in the caller's transaction, with the payment locked. Locks are taken in one order:
payment, refund, invoice, deposit.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.accounts import Account
from deployments.billing.events import PaymentRefunded, PaymentReversed, PaymentSucceeded
from deployments.billing.payment_errors import DepositTooSmall
from deployments.billing.payment_states import PaymentMethod, PaymentStatus, RefundStatus
from deployments.billing.settling import settle
from deployments.publishing import publish
from storage.billing import deposits, invoices, ledger, payments, refunds
from storage.billing.ledger import Line

MONEY: Final = {
    PaymentMethod.CARD: Account.PROVIDER_CLEARING,
    PaymentMethod.CASH: Account.CASH,
    PaymentMethod.BANK_TRANSFER: Account.BANK,
    PaymentMethod.DEPOSIT: Account.DEPOSITS,
}
"""Where the money of a method is."""


def capture(connection: Connection, row: RowMapping, at: datetime) -> RowMapping:
    """Money came in: it settles the invoice; what is not owed any more goes to the deposit.

    Raises:
        DepositTooSmall: it was to come from a deposit that has not so much.
    """
    amount, patient_id, currency = row["amount"], row["patient_id"], row["currency"]
    if row["method"] == PaymentMethod.DEPOSIT and not deposits.take(
        connection, patient_id, currency, amount, at
    ):
        raise DepositTooSmall
    settled = _settle(connection, row, at)
    rest = amount - settled
    if rest:
        deposits.put(connection, patient_id, currency, rest, at)
    _post(
        connection, "payment", "Payment", row["id"], row,
        [
            _money(row, amount),
            Line(Account.RECEIVABLE_PATIENT, -settled, patient_id, row["invoice_id"]),
            Line(Account.DEPOSITS, -rest, patient_id),
        ],
        at, row["created_by"],
    )  # fmt: skip
    values = {"captured": amount, "deposited": rest, "captured_at": at, "failure_code": None}
    publish(connection, PaymentSucceeded(occurred_at=at, **words_of(row)))
    return close(connection, row, PaymentStatus.SUCCEEDED, at, **values)


def close(
    connection: Connection, row: RowMapping, status: PaymentStatus, at: datetime, **values: object
) -> RowMapping:
    """Writes a status after which the card is not needed any more."""
    known = {"status": status.value, "updated_at": at, "card_token": None}
    return payments.change(connection, row["id"], known | values)


def give_back(
    connection: Connection, row: RowMapping, refund: RowMapping, at: datetime, actor_id: UUID
) -> None:
    """A refund is done: its money is gone, and what it had paid for is open again.

    What a credit note has set free goes first; the rest is owed on the invoice again.
    """
    amount, patient_id = refund["amount"], row["patient_id"]
    owed = _unsettle(connection, row, amount - refund["from_deposit"], at)
    if row["method"] == PaymentMethod.DEPOSIT:
        deposits.put(connection, patient_id, row["currency"], amount, at)
    of_deposit = Line(Account.DEPOSITS, refund["from_deposit"], patient_id)
    lines = [*owed, of_deposit, _money(row, -amount)]
    _post(connection, "refund", "Refund", refund["id"], row, lines, at, actor_id)
    values = {"refunded": row["refunded"] + amount, "reserved": row["reserved"] - amount}
    payments.change(connection, row["id"], values | {"updated_at": at})
    told = words_of(row) | {"amount": amount, "refund_id": refund["id"]}
    publish(connection, PaymentRefunded(occurred_at=at, **told))


def take_back(
    connection: Connection, row: RowMapping, status: PaymentStatus, at: datetime, actor_id: UUID
) -> RowMapping:
    """The bank or the cardholder took the money: refunds that wait for it end, debts revive."""
    lost = row["captured"] - row["refunded"]
    on_deposit = row["deposited"]
    for refund in refunds.list_unfinished(connection, row["id"]):
        ended = {"status": RefundStatus.FAILED.value, "failure_code": status.value}
        refunds.change(connection, refund["id"], ended)
        on_deposit += refund["from_deposit"]
        deposits.put(connection, row["patient_id"], row["currency"], refund["from_deposit"], at)
    left = deposits.lock(connection, row["patient_id"], row["currency"])
    from_deposit = min(lost, on_deposit, left)
    deposits.take(connection, row["patient_id"], row["currency"], from_deposit, at)
    lines = [
        *_unsettle(connection, row, lost - from_deposit, at),
        Line(Account.DEPOSITS, from_deposit, row["patient_id"]),
        _money(row, -lost),
    ]
    if lost:
        _post(connection, "reversal", "Payment", row["id"], row, lines, at, actor_id)
    told = words_of(row) | {"amount": lost, "how": status.value}
    publish(connection, PaymentReversed(occurred_at=at, **told))
    values = {"refunded": row["captured"], "reserved": 0, "deposited": 0}
    return close(connection, row, status, at, **values)


def _settle(connection: Connection, row: RowMapping, at: datetime) -> int:
    """Settles as much of the invoice as is owed; how much that was."""
    if row["invoice_id"] is None:
        return 0
    invoice = invoices.lock(connection, row["invoice_id"])
    if invoice is None or invoice["status"] not in {"issued", "balanced"}:
        return 0
    amount: int = min(row["amount"], invoice["patient_share"] - invoice["patient_settled"])
    if amount:
        settle(connection, row["invoice_id"], party="patient", amount=amount, at=at)
    return amount


def _unsettle(connection: Connection, row: RowMapping, amount: int, at: datetime) -> list[Line]:
    """Debits for money that leaves: what a credit note freed, what is owed again, a debt."""
    patient_id, invoice_id = row["patient_id"], row["invoice_id"]
    if amount == 0:
        return []
    if invoice_id is None:
        return [Line(Account.RECEIVABLE_PATIENT, amount, patient_id)]
    invoice = invoices.lock(connection, invoice_id)
    free = -ledger.balance(
        connection,
        Account.REFUNDS_PAYABLE,
        currency=row["currency"],
        party_id=patient_id,
        invoice_id=invoice_id,
    )
    freed = min(amount, max(0, free))
    settled = invoice["patient_settled"] if invoice else 0
    again = min(amount - freed, settled)
    if again:
        settle(connection, invoice_id, party="patient", amount=-again, at=at)
    return [
        Line(Account.REFUNDS_PAYABLE, freed, patient_id, invoice_id),
        Line(Account.RECEIVABLE_PATIENT, again, patient_id, invoice_id),
        Line(Account.RECEIVABLE_PATIENT, amount - freed - again, patient_id),
    ]


def _money(row: RowMapping, amount: int) -> Line:
    """The line of the money itself; a deposit is a patient's."""
    method = PaymentMethod(row["method"])
    return Line(MONEY[method], amount, row["patient_id"] if method == "deposit" else None)


def _post(
    connection: Connection,
    kind: str,
    source_kind: str,
    source_id: UUID,
    row: RowMapping,
    lines: list[Line],
    at: datetime,
    actor_id: UUID,
) -> None:
    ledger.post(
        connection,
        kind=kind,
        source_kind=source_kind,
        source_id=source_id,
        currency=row["currency"],
        lines=lines,
        at=at,
        actor_id=actor_id,
    )


def words_of(row: RowMapping) -> dict[str, object]:
    """What every event about the payment says."""
    names = ("patient_id", "invoice_id", "method", "amount", "currency")
    return {"payment_id": row["id"], **{name: row[name] for name in names}}
