"""What crosses the border about stock documents."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.pagination import PageRequest
from deployments.pharmacy.quantities import Amount, Change, Quantity
from deployments.pharmacy.stock_schemas import Currency, LotNumber
from deployments.pharmacy.stock_states import DocumentKind, DocumentStatus
from deployments.schemas import Day, Instant, LongText, Schema, ShortText, Version

MOST_LINES = 200


class AdjustmentReason(StrEnum):
    """Why a balance is put right."""

    BREAKAGE = "breakage"
    LOSS = "loss"
    THEFT = "theft"
    FOUND = "found"
    ENTRY_ERROR = "entry-error"


class DisposalReason(StrEnum):
    """Why stock is destroyed."""

    EXPIRED = "expired"
    DAMAGED = "damaged"
    RECALLED = "recalled"
    PATIENT_RETURN = "patient-return"


class ReceivedLine(Schema):
    """One lot that came in: either `quantity` in dispensing units, or whole `packs`."""

    medication_id: UUID
    lot: LotNumber
    expires_on: Day
    quantity: Quantity | None = None
    packs: Annotated[int, Field(ge=1, le=100_000)] | None = None
    unit_cost_minor: Annotated[int, Field(ge=0, le=10**12)] | None = None
    currency: Currency | None = None


class MovedLine(Schema):
    """So much of a batch moves or is destroyed."""

    batch_id: UUID
    quantity: Quantity


class CountedLine(Schema):
    """So much of a batch was counted."""

    batch_id: UUID
    quantity: Amount


class AdjustedLine(Schema):
    """A batch's balance changes by so much."""

    batch_id: UUID
    change: Change


class ReceiptRequest(Schema):
    """Stock comes in from a supplier."""

    kind: Literal["receipt"]
    destination_id: UUID
    note: LongText | None = None
    lines: Annotated[list[ReceivedLine], Field(min_length=1, max_length=MOST_LINES)]


class TransferRequest(Schema):
    """Stock goes from one place to another."""

    kind: Literal["transfer"]
    location_id: UUID
    destination_id: UUID
    note: LongText | None = None
    lines: Annotated[list[MovedLine], Field(min_length=1, max_length=MOST_LINES)]

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.location_id == self.destination_id:
            raise ValueError("goes to another place")
        return self


class CountRequest(Schema):
    """Stock was counted."""

    kind: Literal["count"]
    location_id: UUID
    note: LongText | None = None
    lines: Annotated[list[CountedLine], Field(min_length=1, max_length=MOST_LINES)]


class AdjustmentRequest(Schema):
    """A balance is put right."""

    kind: Literal["adjustment"]
    location_id: UUID
    reason: AdjustmentReason
    note: LongText | None = None
    lines: Annotated[list[AdjustedLine], Field(min_length=1, max_length=MOST_LINES)]


class DisposalRequest(Schema):
    """Stock is destroyed."""

    kind: Literal["disposal"]
    location_id: UUID
    reason: DisposalReason
    note: LongText | None = None
    lines: Annotated[list[MovedLine], Field(min_length=1, max_length=MOST_LINES)]


StockDocumentRequest = Annotated[
    ReceiptRequest | TransferRequest | CountRequest | AdjustmentRequest | DisposalRequest,
    Field(discriminator="kind"),
]


class StockDocumentLine(Schema):
    """One batch in a document; in a count `quantity` is what was counted."""

    batch_id: UUID
    medication_id: UUID
    lot: LotNumber
    expires_on: Day
    quantity: Change
    unit: str
    controlled: bool


class StockDocument(Schema):
    """Why stock moves, and who made, checked, witnessed and received it."""

    id: UUID
    kind: DocumentKind
    status: DocumentStatus
    location_id: UUID | None
    destination_id: UUID | None
    reason: str | None
    note: str | None
    made_by: UUID
    decided_by: UUID | None
    witness_id: UUID | None
    received_by: UUID | None
    lines: list[StockDocumentLine]
    created_at: Instant
    updated_at: Instant
    version: Version


class DocumentReason(Schema):
    """Why a document is rejected, cancelled or returned."""

    reason: ShortText


class DocumentQuery(PageRequest):
    """Which documents are wanted."""

    status: DocumentStatus | None = None
    kind: DocumentKind | None = None
