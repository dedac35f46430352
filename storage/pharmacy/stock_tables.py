"""Tables of the stock: places, batches, what lies where, and every movement.

`stock_balances` is what lies where now, never below zero; `stock_ledger` is every movement that
led there and is never changed (a trigger refuses it). Both change in one statement. Quantities
are in dispensing units of the medication.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.pharmacy.base import Base

Quantity = Annotated[Decimal, mapped_column(Numeric(12, 3))]
"""Dispensing units, to a thousandth."""
MOST: Final = 1_000_000_000
"""A quantity is less than this."""

LEDGER_KINDS: Final = (
    "'receipt', 'transfer-out', 'transfer-in', 'count', 'adjustment', 'disposal', 'dispense', "
    "'return', 'cancel'"
)


class StockLocation(Base):
    """A place where stock lies."""

    __tablename__ = "stock_locations"
    __table_args__ = (
        CheckConstraint("kind IN ('store', 'dispensary', 'ward', 'quarantine')", name="kind"),
    )

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[Instant]


class StockBatch(Base):
    """One lot of one medication; `expires_on` is the last day on which it may be used."""

    __tablename__ = "stock_batches"
    __table_args__ = (
        CheckConstraint("status IN ('available', 'quarantined', 'recalled')", name="status"),
        CheckConstraint("unit_cost_minor >= 0", name="unit_cost"),
        UniqueConstraint("medication_id", "lot"),
        Index(None, "expires_on", "id"),
        Index(None, "lot"),
    )

    id: Mapped[UuidKey]
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"))
    lot: Mapped[str]
    expires_on: Mapped[date]
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str | None]
    status: Mapped[str]
    status_reason: Mapped[str | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class StockBalance(Base):
    """What lies of a batch at a place; `sequence` counts its movements."""

    __tablename__ = "stock_balances"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        Index(None, "batch_id"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"), primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"), primary_key=True)
    quantity: Mapped[Quantity]
    sequence: Mapped[int]


class StockLedgerEntry(Base):
    """One movement; never changed, never deleted."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        ForeignKeyConstraint(
            ["location_id", "batch_id"], ["stock_balances.location_id", "stock_balances.batch_id"]
        ),
        CheckConstraint("change <> 0", name="change"),
        CheckConstraint("balance_after >= 0", name="not_negative"),
        CheckConstraint(f"kind IN ({LEDGER_KINDS})", name="kind"),
        Index(None, "document_id"),
    )

    location_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[Quantity]
    balance_after: Mapped[Quantity]
    kind: Mapped[str]
    document_type: Mapped[str]
    document_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    at: Mapped[Instant]


class StockDocument(Base):
    """Why stock moves, other than to a patient: who made it and who checked it.

    The one who made it never decides on it, and never witnesses it.
    """

    __tablename__ = "stock_documents"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('receipt', 'transfer', 'count', 'adjustment', 'disposal')", name="kind"
        ),
        CheckConstraint(
            "status IN ('new', 'submitted', 'dispatched', 'completed', 'returned', 'rejected', "
            "'cancelled')",
            name="status",
        ),
        CheckConstraint("decided_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("witness_id <> made_by", name="witness_is_another"),
        CheckConstraint("(kind = 'receipt') = (location_id IS NULL)", name="location"),
        CheckConstraint(
            "(kind IN ('receipt', 'transfer')) = (destination_id IS NOT NULL)", name="destination"
        ),
        CheckConstraint("location_id <> destination_id", name="two_places"),
        Index(
            "uq_stock_documents_identifier",
            "identifier_system",
            "identifier_value",
            unique=True,
            postgresql_where=text("identifier_value IS NOT NULL"),
        ),
        Index(None, "status", "id"),
    )

    id: Mapped[UuidKey]
    kind: Mapped[str]
    status: Mapped[str]
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_locations.id"))
    destination_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_locations.id"))
    reason: Mapped[str | None]
    note: Mapped[str | None]
    made_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    witness_id: Mapped[UUID | None]
    received_by: Mapped[UUID | None]
    identifier_system: Mapped[str | None]
    identifier_value: Mapped[str | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class StockDocumentLine(Base):
    """One batch in a document.

    `quantity` is what moves (signed in an adjustment), or what was counted. `counted_sequence`
    is the balance's sequence at the count: later movements make the count worthless.
    """

    __tablename__ = "stock_document_lines"
    __table_args__ = (UniqueConstraint("document_id", "batch_id"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("stock_documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"))
    quantity: Mapped[Quantity]
    counted_sequence: Mapped[int | None]


class ReorderPoint(Base):
    """Below `minimum` a place orders more; `low_since` is set while it is below."""

    __tablename__ = "reorder_points"
    __table_args__ = (CheckConstraint("minimum > 0", name="minimum"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"), primary_key=True)
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"), primary_key=True)
    minimum: Mapped[Quantity]
    low_since: Mapped[Instant | None]
    updated_at: Mapped[Instant]


class ExpiryAlert(Base):
    """That a batch comes close to its last day was told, once for each threshold."""

    __tablename__ = "expiry_alerts"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"), primary_key=True)
    threshold_days: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


LOCATIONS: Final = _table(StockLocation)
BATCHES: Final = _table(StockBatch)
BALANCES: Final = _table(StockBalance)
LEDGER: Final = _table(StockLedgerEntry)
DOCUMENTS: Final = _table(StockDocument)
LINES: Final = _table(StockDocumentLine)
REORDER_POINTS: Final = _table(ReorderPoint)
EXPIRY_ALERTS: Final = _table(ExpiryAlert)
