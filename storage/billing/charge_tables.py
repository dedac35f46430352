"""Tables of what was done to patients, and what is charged for it.

`charge_sources` says what a source says now: how much of it was done and how much undone, in
whatever order we heard of it. `charge_items` are what stands on bills for it: at most one that is
not billed yet for each source. What is done and what is billed are brought together by
`deployments/billing/charging.py`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, cast
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
from storage.billing.price_tables import KINDS
from storage.columns import Instant, UuidKey

Quantity = Annotated[Decimal, mapped_column(Numeric(12, 3))]
OPEN: Final = "status IN ('planned', 'billable')"


class ChargeSource(Base):
    """One thing that is done to a patient: a visit, an item of a dispensing, a test.

    Attributes:
        source_kind: Appointment, MedicationDispense, ServiceRequest, or ChargeItem by hand.
        part_id: of what it is a part of (`source_id`); the same where there are no parts.
        panel: code of the panel through which a test was ordered.
        planned: it is to be done.
        version: of the source; what is older is obsolete.
    """

    __tablename__ = "charge_sources"
    __table_args__ = (
        CheckConstraint(f"kind IN ({KINDS})", name="kind"),
        CheckConstraint("done >= 0 AND undone >= 0", name="quantities"),
        UniqueConstraint("source_kind", "source_id", "part_id"),
        Index(None, "patient_id", "performed_at"),
    )

    id: Mapped[UuidKey]
    source_kind: Mapped[str]
    source_id: Mapped[UUID]
    part_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    encounter_id: Mapped[UUID | None]
    area: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str]
    panel: Mapped[str | None]
    urgent: Mapped[bool]
    performer_id: Mapped[UUID | None]
    performed_at: Mapped[Instant]
    planned: Mapped[bool]
    done: Mapped[Quantity]
    undone: Mapped[Quantity]
    version: Mapped[int]
    updated_at: Mapped[Instant]


class ChargeItem(Base):
    """What is charged for a source; FHIR R4 ChargeItem.status."""

    __tablename__ = "charge_items"
    __table_args__ = (
        CheckConstraint(
            "status IN ('planned', 'billable', 'not-billable', 'aborted', 'billed')", name="status"
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(
            "(status IN ('billable', 'billed')) = (invoice_id IS NOT NULL)", name="invoice"
        ),
        Index("uq_charge_items_open", "source_id", unique=True, postgresql_where=text(OPEN)),
        Index(None, "invoice_id"),
        Index(None, "patient_id", "id"),
    )

    id: Mapped[UuidKey]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("charge_sources.id"))
    patient_id: Mapped[UUID]
    status: Mapped[str]
    quantity: Mapped[Quantity]
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class Discount(Base):
    """Something off a draft, or off one charge on it: asked for by one, decided by another.

    There is at most one for the draft and one for each charge; a charge with its own has no part
    in that of the draft.
    """

    __tablename__ = "discounts"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'approved', 'rejected')", name="status"),
        CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="percent_or_amount"),
        CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint("(status = 'requested') = (decided_by IS NULL)", name="decided"),
        Index(
            "uq_discounts_invoice",
            "invoice_id",
            unique=True,
            postgresql_where=text("charge_item_id IS NULL AND status <> 'rejected'"),
        ),
        Index(
            "uq_discounts_charge",
            "charge_item_id",
            unique=True,
            postgresql_where=text("status <> 'rejected'"),
        ),
    )

    id: Mapped[UuidKey]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"))
    charge_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("charge_items.id"))
    percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    justification: Mapped[str]
    status: Mapped[str]
    requested_by: Mapped[UUID]
    requested_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[Instant | None]


class PatientExemption(Base):
    """That a patient is in a category that pays less, shown by a document, decided by another."""

    __tablename__ = "patient_exemptions"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'approved', 'rejected')", name="status"),
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint("(status = 'requested') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("valid_until >= valid_from", name="valid"),
        Index(None, "patient_id"),
    )

    id: Mapped[UuidKey]
    patient_id: Mapped[UUID]
    category: Mapped[str]
    document: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    status: Mapped[str]
    requested_by: Mapped[UUID]
    requested_at: Mapped[Instant]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[Instant | None]


SOURCES: Final = cast("Table", ChargeSource.__table__)
CHARGES: Final = cast("Table", ChargeItem.__table__)
DISCOUNTS: Final = cast("Table", Discount.__table__)
EXEMPTIONS: Final = cast("Table", PatientExemption.__table__)
