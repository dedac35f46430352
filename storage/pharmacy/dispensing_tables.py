"""Tables of dispensing: what was handed over from which batch, the register, recalls."""

from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.pharmacy.base import Base
from storage.pharmacy.stock_tables import Quantity


class Dispensing(Base):
    """FHIR MedicationDispense: one handing over for one prescription, from one place.

    Attributes:
        return_witness_id: who signed that controlled drugs come back; until they are taken in.
        return_witnessed: what they saw: quantities by id of the item.
    """

    __tablename__ = "dispensings"
    __table_args__ = (
        CheckConstraint(
            "status IN ('preparation', 'in-progress', 'on-hold', 'completed', 'declined', "
            "'cancelled', 'stopped')",
            name="status",
        ),
        CheckConstraint("witness_id <> made_by", name="witness_is_another"),
        CheckConstraint("witness_id <> completed_by", name="witness_does_not_complete"),
        CheckConstraint(
            "(status = 'completed') <= (completed_at IS NOT NULL AND completed_by IS NOT NULL)",
            name="completed",
        ),
        Index(None, "prescription_id", "id"),
        Index(None, "patient_id", "id"),
        Index(None, "status", "id"),
    )

    id: Mapped[UuidKey]
    prescription_id: Mapped[UUID] = mapped_column(ForeignKey("prescriptions.id"))
    patient_id: Mapped[UUID]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"))
    status: Mapped[str]
    status_reason: Mapped[str | None]
    note: Mapped[str | None]
    made_by: Mapped[UUID]
    completed_by: Mapped[UUID | None]
    completed_at: Mapped[Instant | None]
    witness_id: Mapped[UUID | None]
    return_witness_id: Mapped[UUID | None]
    return_witnessed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    version: Mapped[int]


class DispensingItem(Base):
    """What one batch gives towards one item of the prescription."""

    __tablename__ = "dispensing_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("returned BETWEEN 0 AND quantity", name="returned"),
        Index(None, "dispensing_id"),
        Index(None, "prescription_item_id"),
        Index(None, "batch_id"),
    )

    id: Mapped[UuidKey]
    dispensing_id: Mapped[UUID] = mapped_column(ForeignKey("dispensings.id"))
    prescription_item_id: Mapped[UUID] = mapped_column(ForeignKey("prescription_items.id"))
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"))
    quantity: Mapped[Quantity]
    returned: Mapped[Quantity]
    substituted: Mapped[bool]


class DispensingReturn(Base):
    """What came back of a dispensed batch, and where it went."""

    __tablename__ = "dispensing_returns"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        Index(None, "dispensing_item_id"),
    )

    id: Mapped[UuidKey]
    dispensing_item_id: Mapped[UUID] = mapped_column(ForeignKey("dispensing_items.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"))
    quantity: Mapped[Quantity]
    reason: Mapped[str]
    spoiled: Mapped[bool]
    returned_by: Mapped[UUID]
    at: Mapped[Instant]


class ControlledBalance(Base):
    """Head of the register of one controlled drug at one place: last number and balance."""

    __tablename__ = "controlled_balances"
    __table_args__ = (CheckConstraint("quantity >= 0", name="not_negative"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"), primary_key=True)
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"), primary_key=True)
    number: Mapped[int]
    quantity: Mapped[Quantity]


class ControlledEntry(Base):
    """A line of the register; numbers have no gaps; never changed, never deleted."""

    __tablename__ = "controlled_register"
    __table_args__ = (
        CheckConstraint("balance_after = balance_before + change", name="balance"),
        CheckConstraint("witness_id <> actor_id", name="witness_is_another"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("stock_locations.id"), primary_key=True)
    medication_id: Mapped[UUID] = mapped_column(ForeignKey("medications.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    change: Mapped[Quantity]
    balance_before: Mapped[Quantity]
    balance_after: Mapped[Quantity]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"))
    document_type: Mapped[str]
    document_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    actor_id: Mapped[UUID]
    witness_id: Mapped[UUID | None]
    at: Mapped[Instant]


class Recall(Base):
    """A lot that must not be used any more."""

    __tablename__ = "recalls"

    id: Mapped[UuidKey]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("stock_batches.id"), unique=True)
    reason: Mapped[str]
    recalled_by: Mapped[UUID]
    at: Mapped[Instant]


class RecallPatient(Base):
    """A patient who still has some of a recalled lot, as far as the pharmacy knows."""

    __tablename__ = "recall_patients"

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recalls.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[Quantity]
    last_dispensed_at: Mapped[Instant]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


DISPENSINGS: Final = _table(Dispensing)
ITEMS: Final = _table(DispensingItem)
RETURNS: Final = _table(DispensingReturn)
CONTROLLED_BALANCES: Final = _table(ControlledBalance)
REGISTER: Final = _table(ControlledEntry)
RECALLS: Final = _table(Recall)
RECALL_PATIENTS: Final = _table(RecallPatient)
