"""Tables of payments, refunds, deposits and cashiers. Money is in minor units.

CHECKs hold what no race may break: nothing is refunded that was not captured, no deposit is used
twice, and nobody approves what they asked for or counts after themselves.
"""

from typing import Final, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey

OPEN: Final = "status IN ('created', 'pending', 'unknown')"


class Payment(Base):
    """One payment of one invoice, or of a deposit when it names none.

    Its id is the reference under which the provider knows it. `deposited` is the part of it that
    lies on the patient's deposit; `reserved` is asked back and not given back yet. `fence` rises
    with each attempt to learn from the provider what became of it, `due_at` is when somebody
    looks next.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(
            "status IN ('created', 'pending', 'unknown', 'succeeded', 'failed', 'voided', "
            "'charged-back')",
            name="status",
        ),
        CheckConstraint("method IN ('card', 'cash', 'bank-transfer', 'deposit')", name="method"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("captured IN (0, amount)", name="captured"),
        CheckConstraint("status <> 'succeeded' OR captured = amount", name="succeeded"),
        CheckConstraint(
            "refunded >= 0 AND reserved >= 0 AND refunded + reserved <= captured",
            name="never_refunded_above_captured",
        ),
        CheckConstraint("deposited BETWEEN 0 AND captured", name="deposited"),
        CheckConstraint("(method = 'cash') = (session_id IS NOT NULL)", name="cash_session"),
        CheckConstraint("tendered >= amount", name="tendered"),
        CheckConstraint("(method = 'deposit') <= (invoice_id IS NOT NULL)", name="deposit_use"),
        Index(None, "patient_id", "id"),
        Index(None, "invoice_id"),
        Index(None, "session_id"),
        Index("ix_payments_due", "due_at", postgresql_where=text(f"method = 'card' AND {OPEN}")),
        Index(
            "uq_payments_bank_reference",
            "bank_reference",
            unique=True,
            postgresql_where=text("status <> 'failed'"),
        ),
    )

    id: Mapped[UuidKey]
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    patient_id: Mapped[UUID]
    method: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    status: Mapped[str]
    failure_code: Mapped[str | None]
    captured: Mapped[int] = mapped_column(BigInteger)
    deposited: Mapped[int] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    card_token: Mapped[str | None]
    bank_reference: Mapped[str | None]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("cashier_sessions.id"))
    tendered: Mapped[int | None] = mapped_column(BigInteger)
    fence: Mapped[int]
    due_at: Mapped[Instant]
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    captured_at: Mapped[Instant | None]
    version: Mapped[int]


class Refund(Base):
    """Money on its way back to where one payment came from.

    `from_deposit` is the part that is taken off the patient's deposit, when it is asked for.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(
            "status IN ('requested', 'approved', 'rejected', 'in-progress', 'completed', 'failed')",
            name="status",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("from_deposit BETWEEN 0 AND amount", name="from_deposit"),
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint("completed_by <> decided_by", name="completed_by_another"),
        CheckConstraint(
            "status NOT IN ('approved', 'in-progress', 'completed') OR decided_by IS NOT NULL",
            name="decided",
        ),
        Index(None, "payment_id"),
        Index(None, "status", "id"),
        Index("ix_refunds_due", "due_at", postgresql_where=text("status = 'in-progress'")),
    )

    id: Mapped[UuidKey]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    patient_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    from_deposit: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str]
    note: Mapped[str | None]
    decision_note: Mapped[str | None]
    failure_code: Mapped[str | None]
    requested_by: Mapped[UUID]
    requested_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[Instant | None]
    completed_by: Mapped[UUID | None]
    completed_at: Mapped[Instant | None]
    fence: Mapped[int]
    due_at: Mapped[Instant]
    version: Mapped[int]


class Deposit(Base):
    """What a patient has paid in advance and not used."""

    __tablename__ = "deposits"
    __table_args__ = (CheckConstraint("balance >= 0", name="not_negative"),)

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[Instant]


class CashierSession(Base):
    """One drawer from opening to reconciliation; a cashier has one open at a time."""

    __tablename__ = "cashier_sessions"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed', 'reconciled')", name="status"),
        CheckConstraint("opening_float >= 0 AND taken >= 0 AND paid_out >= 0", name="positive"),
        CheckConstraint("opening_float + taken - paid_out >= 0", name="drawer_not_negative"),
        CheckConstraint("(status = 'open') = (counted IS NULL)", name="counted"),
        CheckConstraint("counted >= 0", name="counted_positive"),
        CheckConstraint(
            "counted = opening_float + taken - paid_out OR difference_reason IS NOT NULL",
            name="difference_has_a_reason",
        ),
        CheckConstraint("reconciled_by <> cashier_id", name="reconciled_by_another"),
        CheckConstraint("(status = 'reconciled') = (reconciled_by IS NOT NULL)", name="reconciled"),
        Index(
            "uq_cashier_sessions_open",
            "cashier_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index(None, "status", "id"),
    )

    id: Mapped[UuidKey]
    cashier_id: Mapped[UUID]
    cash_point: Mapped[str]
    currency: Mapped[str]
    status: Mapped[str]
    opening_float: Mapped[int] = mapped_column(BigInteger)
    taken: Mapped[int] = mapped_column(BigInteger)
    paid_out: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[int | None] = mapped_column(BigInteger)
    difference_reason: Mapped[str | None]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    reconciled_by: Mapped[UUID | None]
    reconciled_at: Mapped[Instant | None]
    version: Mapped[int]


class ProviderEvent(Base):
    """A webhook that was taken; its id never takes effect again."""

    __tablename__ = "provider_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    received_at: Mapped[Instant]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


PAYMENTS: Final = _table(Payment)
REFUNDS: Final = _table(Refund)
DEPOSITS: Final = _table(Deposit)
SESSIONS: Final = _table(CashierSession)
PROVIDER_EVENTS: Final = _table(ProviderEvent)
