"""Tables of credit notes, of the counters of legal numbers, and of reminders to pay.

An issued invoice is changed by credit notes only. A draft's amounts are worked out when it is
issued; from then on it is frozen (trigger).
"""

from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.billing.base import Base
from storage.columns import Instant, UuidKey


class CreditNote(Base):
    """Takes something of an invoice back.

    Attributes:
        kind: `reversal` when what was billed was undone, `correction` when it is billed anew,
            `allowance` when something is let off.
        patient_part: how much less the patient owes; `payer_part`: how much less the payer owes.
        patient_surplus: how much of the patient's part was paid already, and is to be given back.
    """

    __tablename__ = "credit_notes"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'issued', 'rejected')", name="status"),
        CheckConstraint("kind IN ('reversal', 'correction', 'allowance')", name="kind"),
        CheckConstraint("(status = 'issued') = (number IS NOT NULL)", name="number"),
        CheckConstraint("total = patient_part + payer_part", name="total"),
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint("(status = 'draft') = (decided_by IS NULL)", name="decided"),
        UniqueConstraint("number"),
        Index(
            "uq_credit_notes_draft",
            "invoice_id",
            "kind",
            unique=True,
            postgresql_where=text("status = 'draft'"),
        ),
        Index(None, "patient_id", "id"),
        Index(None, "invoice_id"),
    )

    id: Mapped[UuidKey]
    number: Mapped[str | None]
    status: Mapped[str]
    kind: Mapped[str]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"))
    patient_id: Mapped[UUID]
    currency: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str | None]
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    patient_part: Mapped[int] = mapped_column(BigInteger)
    payer_part: Mapped[int] = mapped_column(BigInteger)
    patient_surplus: Mapped[int] = mapped_column(BigInteger)
    payer_surplus: Mapped[int] = mapped_column(BigInteger)
    requested_by: Mapped[UUID]
    created_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    issued_at: Mapped[Instant | None]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class CreditNoteLine(Base):
    """How much of a line is taken back: a quantity of it, or (allowance) an amount."""

    __tablename__ = "credit_note_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 OR amount > 0", name="positive"),
        CheckConstraint("tax BETWEEN 0 AND total", name="tax"),
        Index(None, "invoice_line_id"),
    )

    credit_note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    invoice_line_id: Mapped[UUID] = mapped_column(ForeignKey("invoice_lines.id"), primary_key=True)
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)


class NumberCounter(Base):
    """The last legal number of a series in a year; changed in the transaction that uses it."""

    __tablename__ = "number_counters"

    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class OverdueStep(Base):
    """That a patient was reminded of an invoice; each step once."""

    __tablename__ = "overdue_steps"

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant]


CREDIT_NOTES: Final = cast("Table", CreditNote.__table__)
CREDIT_LINES: Final = cast("Table", CreditNoteLine.__table__)
COUNTERS: Final = cast("Table", NumberCounter.__table__)
OVERDUE_STEPS: Final = cast("Table", OverdueStep.__table__)
