"""What crosses the border about stock: places, batches, balances, movements, reorder points."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from deployments.pagination import PageRequest
from deployments.pharmacy.allocation import BatchStatus
from deployments.pharmacy.quantities import Amount, Change, Quantity
from deployments.schemas import Day, Instant, Schema, ShortText, Version

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
LotNumber = Annotated[str, StringConstraints(min_length=1, max_length=20)]
"""As GS1 writes it on packs: at most 20 characters (application identifier 10)."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class LocationKind(StrEnum):
    """What a place is for; from `quarantine` nothing is dispensed."""

    STORE = "store"
    DISPENSARY = "dispensary"
    WARD = "ward"
    QUARANTINE = "quarantine"


class StockLocationRequest(Schema):
    """A place to be added."""

    code: Code
    name: ShortText
    kind: LocationKind


class StockLocation(StockLocationRequest):
    """A place where stock lies."""

    id: UUID
    active: bool
    created_at: Instant


class StockLocationList(Schema):
    """Every place."""

    items: list[StockLocation]


class Batch(Schema):
    """One lot of one medication.

    Attributes:
        expires_on: last day of use, in the hospital's zone.
        unit_cost_minor: cost of one dispensing unit in minor units of the currency.
        unit: the dispensing unit.
        schedule: `none`, or the schedule of a controlled drug.
    """

    id: UUID
    medication_id: UUID
    medication_code: str
    lot: LotNumber
    expires_on: Day
    unit_cost_minor: int | None
    currency: Currency | None
    status: BatchStatus
    status_reason: str | None
    unit: str
    schedule: str
    created_at: Instant
    updated_at: Instant
    version: Version


class BatchReason(Schema):
    """Why a batch is kept apart, or may be used again."""

    reason: ShortText


class BatchQuery(PageRequest):
    """Which batches are wanted."""

    medication_id: UUID | None = None
    lot: LotNumber | None = None


class StockLevel(Schema):
    """What lies of a batch at a place."""

    location_id: UUID
    batch_id: UUID
    medication_id: UUID
    lot: LotNumber
    expires_on: Day
    status: BatchStatus
    quantity: Amount
    unit: str
    sequence: int


class StockQuery(PageRequest):
    """Which balances are wanted."""

    location_id: UUID | None = None
    medication_id: UUID | None = None


class StockMovement(Schema):
    """One line of the ledger."""

    location_id: UUID
    batch_id: UUID
    sequence: int
    change: Change
    balance_after: Amount
    kind: str
    document_type: str
    document_id: UUID
    actor_id: UUID
    at: Instant


class LedgerQuery(PageRequest):
    """Whose movements are wanted."""

    location_id: UUID
    batch_id: UUID


class ReorderPointRequest(Schema):
    """Below how much a place orders more."""

    location_id: UUID
    medication_id: UUID
    minimum: Quantity


class ReorderPoint(ReorderPointRequest):
    """A reorder point; `low_since` is set while the place is below it."""

    low_since: Instant | None
    updated_at: Instant


class ReorderQuery(PageRequest):
    """Which reorder points are wanted."""

    location_id: UUID | None = None


class RegisterEntry(Schema):
    """One line of the register of a controlled drug at a place; numbers have no gaps."""

    location_id: UUID
    medication_id: UUID
    number: int
    kind: str
    change: Change
    balance_before: Amount
    balance_after: Amount
    batch_id: UUID
    document_type: str
    document_id: UUID
    patient_id: UUID | None
    actor_id: UUID
    witness_id: UUID | None
    at: Instant


class RegisterQuery(PageRequest):
    """Whose register is wanted."""

    location_id: UUID
    medication_id: UUID


class ImportIdentifier(Schema):
    """The name that another system has for a receipt."""

    system: ShortText
    value: ShortText


class ImportedStockLine(Schema):
    """One batch of an imported receipt, in dispensing units."""

    medication_code: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    lot: LotNumber
    expires_on: date
    quantity: Quantity
    unit_cost_minor: Annotated[int, Field(ge=0, le=10**12)] | None = None
    currency: Currency | None = None


class ImportedStockReceipt(Schema):
    """Stock that another system holds; the place is made when its code is new."""

    identifier: ImportIdentifier
    location: StockLocationRequest
    lines: Annotated[list[ImportedStockLine], Field(min_length=1, max_length=1000)]


class StockImportReceipt(Schema):
    """What became of an import."""

    id: UUID
    outcome: Literal["created", "unchanged"]
