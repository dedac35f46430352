"""Tables of invoices. Money is in minor units of the invoice's currency.

`context` is the encounter or the day that a draft was opened for. A draft has no number and no
lines: its lines are written when it is issued, together with the number and the ledger, and never
change (triggers of revision 0002 refuse it). What changes afterwards is who owes what is left
(`patient_share`, `payer_share`), what was credited, and what was settled; `settled` is the
database's own sum. CHECKs hold the sums whatever the code does.
"""

from datetime import date
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
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

DUE: Final = "total - credited"


class Invoice(Base):
    """What a patient was charged for one encounter, or one day.

    `total` = `credited` + `patient_share` + `payer_share`. It is balanced when everything that
    was not credited is settled, and cancelled when all of it was credited.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'issued', 'balanced', 'cancelled')", name="status"),
        CheckConstraint("(status = 'draft') = (number IS NULL)", name="number"),
        CheckConstraint("(status = 'draft') = (issued_at IS NULL)", name="issued"),
        CheckConstraint(f"patient_share + payer_share = {DUE}", name="shares"),
        CheckConstraint("patient_share >= 0 AND payer_share >= 0", name="no_negative_share"),
        CheckConstraint("credited >= 0", name="credited"),
        CheckConstraint("patient_settled BETWEEN 0 AND patient_share", name="patient_settled"),
        CheckConstraint("payer_settled BETWEEN 0 AND payer_share", name="payer_settled"),
        CheckConstraint(
            f"status NOT IN ('issued', 'balanced') OR (status = 'balanced')"
            f" = (patient_settled + payer_settled = {DUE})",
            name="balanced",
        ),
        CheckConstraint("status <> 'cancelled' OR credited = total", name="cancelled"),
        UniqueConstraint("number"),
        Index(None, "patient_id", "id"),
        Index("ix_invoices_open", "due_on", "id", postgresql_where=text("status = 'issued'")),
        Index(
            "uq_invoices_draft",
            "patient_id",
            "currency",
            "context",
            unique=True,
            postgresql_where=text("status = 'draft'"),
        ),
    )

    id: Mapped[UuidKey]
    number: Mapped[str | None]
    status: Mapped[str]
    patient_id: Mapped[UUID]
    context: Mapped[str]
    encounter_id: Mapped[UUID | None]
    day: Mapped[date | None]
    currency: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    credited: Mapped[int] = mapped_column(BigInteger)
    patient_share: Mapped[int] = mapped_column(BigInteger)
    payer_share: Mapped[int] = mapped_column(BigInteger)
    patient_settled: Mapped[int] = mapped_column(BigInteger)
    payer_settled: Mapped[int] = mapped_column(BigInteger)
    settled: Mapped[int] = mapped_column(
        BigInteger, Computed("patient_settled + payer_settled", persisted=True)
    )
    payer_id: Mapped[UUID | None]
    issued_at: Mapped[Instant | None]
    issued_by: Mapped[UUID | None]
    due_on: Mapped[date | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class InvoiceLine(Base):
    """One thing on an issued invoice; never changed.

    `total` = `base` + `surcharge` - `discount` - `exemption` + `tax`. The shares are those of the
    moment of issue.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        CheckConstraint("total = base + surcharge - discount - exemption + tax", name="total"),
        CheckConstraint("patient_share + payer_share = total", name="shares"),
        CheckConstraint("total >= 0 AND quantity > 0", name="positive"),
        UniqueConstraint("invoice_id", "position"),
        UniqueConstraint("charge_item_id"),
    )

    id: Mapped[UuidKey]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int]
    charge_item_id: Mapped[UUID]
    area: Mapped[str]
    code: Mapped[str]
    name_en: Mapped[str]
    name_vi: Mapped[str]
    performed_at: Mapped[Instant]
    performer_id: Mapped[UUID | None]
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    unit_price: Mapped[int] = mapped_column(BigInteger)
    base: Mapped[int] = mapped_column(BigInteger)
    surcharge: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    exemption: Mapped[int] = mapped_column(BigInteger)
    tax_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    patient_share: Mapped[int] = mapped_column(BigInteger)
    payer_share: Mapped[int] = mapped_column(BigInteger)


INVOICES: Final = cast("Table", Invoice.__table__)
LINES: Final = cast("Table", InvoiceLine.__table__)
