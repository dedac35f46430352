"""What the lines of a new stock document mean: batches, and quantities in dispensing units."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.errors import FieldError
from deployments.pharmacy.document_schemas import (
    AdjustedLine,
    AdjustmentRequest,
    CountedLine,
    CountRequest,
    DisposalReason,
    DisposalRequest,
    MovedLine,
    ReceiptRequest,
    ReceivedLine,
    StockDocumentRequest,
)
from deployments.pharmacy.errors import MedicationNotFound
from deployments.pharmacy.quantities import check_quantity
from deployments.pharmacy.stock_errors import (
    BatchNotFound,
    BatchNotUsable,
    LotMismatch,
    QuantityNotPossible,
)
from storage.pharmacy import stock

AnyLine = ReceivedLine | MovedLine | CountedLine | AdjustedLine
Line = dict[str, Any]
"""The columns `batch_id`, `quantity` and `counted_sequence` of a line."""


def lines_of(
    connection: Connection, request: StockDocumentRequest, now: datetime, today: date
) -> list[Line]:
    """The lines of a document that is being made.

    Raises:
        MedicationNotFound: no such medication.
        BatchNotFound: no such batch.
        BatchNotUsable: expired stock comes in, or unexpired stock leaves as expired.
        LotMismatch: the lot is known with another last day.
        QuantityNotPossible: a quantity does not fit, or a batch stands on two lines.
    """
    lines = []
    wanted: Sequence[AnyLine] = request.lines
    for place, line in enumerate(wanted):
        pointer = f"/lines/{place}"
        if isinstance(line, ReceivedLine):
            lines.append(_received(connection, line, now, today, pointer))
        else:
            batch = _batch(connection, line.batch_id)
            _check_reason(request, batch["expires_on"], today)
            lines.append(_of_batch(request, line, batch, pointer))
    check_lines(lines)
    if isinstance(request, CountRequest):
        _note_sequences(connection, request.location_id, lines)
    return lines


def check_lines(lines: Sequence[Line]) -> None:
    """Passes when each batch stands on one line.

    Raises:
        QuantityNotPossible: one stands on two: it may be a row that was copied.
    """
    if len({line["batch_id"] for line in lines}) < len(lines):
        message = "A batch stands on one line."
        raise QuantityNotPossible(message, [FieldError("/lines", "twice", message)])


def _note_sequences(connection: Connection, location_id: UUID, lines: Sequence[Line]) -> None:
    """Remembers up to which movement the stock had moved when it was counted."""
    batches = [line["batch_id"] for line in lines]
    balances = stock.lock_balances(connection, location_id, batches)
    for line in lines:
        balance = balances.get(line["batch_id"])
        line["counted_sequence"] = balance["sequence"] if balance else 0


def get_batch(
    connection: Connection,
    medication_id: UUID,
    line: Mapping[str, Any],
    now: datetime,
) -> Mapping[Any, Any]:
    """The batch of a lot that comes in, made when it is new.

    Raises:
        LotMismatch: the lot is known with another last day.
    """
    batch = stock.get_batch(
        connection,
        {
            "medication_id": medication_id,
            "lot": line["lot"],
            "expires_on": line["expires_on"],
            "unit_cost_minor": line["unit_cost_minor"],
            "currency": line["currency"],
            "created_at": now,
            "updated_at": now,
        },
    )
    if batch["expires_on"] != line["expires_on"]:
        raise LotMismatch(f"the lot is known to expire on {batch['expires_on'].isoformat()}")
    return batch


def _received(
    connection: Connection, line: ReceivedLine, now: datetime, today: date, pointer: str
) -> Line:
    medication = stock.find_medication(connection, "id", line.medication_id)
    if medication is None:
        raise MedicationNotFound
    if line.expires_on < today:
        raise BatchNotUsable("expired stock does not come in")
    if (line.quantity is None) == (line.packs is None):
        message = "Send either a quantity or packs."
        raise QuantityNotPossible(message, [FieldError(pointer, "one_of", message)])
    quantity = line.quantity or Decimal(line.packs or 0) * medication["pack_size"]
    check_quantity(quantity, medication["unit"], f"{pointer}/quantity")
    batch = get_batch(connection, line.medication_id, line.model_dump(), now)
    return {"batch_id": batch["id"], "quantity": quantity, "counted_sequence": None}


def _of_batch(
    request: StockDocumentRequest,
    line: MovedLine | CountedLine | AdjustedLine,
    batch: Mapping[Any, Any],
    pointer: str,
) -> Line:
    quantity = line.change if isinstance(line, AdjustedLine) else line.quantity
    check_quantity(quantity, batch["unit"], pointer)
    if isinstance(request, AdjustmentRequest) and not quantity:
        message = "An adjustment changes something."
        raise QuantityNotPossible(message, [FieldError(pointer, "zero", message)])
    return {"batch_id": line.batch_id, "quantity": quantity, "counted_sequence": None}


def _batch(connection: Connection, batch_id: UUID) -> Mapping[Any, Any]:
    batch = stock.find_batch(connection, batch_id)
    if batch is None:
        raise BatchNotFound
    return batch


def _check_reason(request: StockDocumentRequest, expires_on: date, today: date) -> None:
    claimed = isinstance(request, DisposalRequest) and request.reason is DisposalReason.EXPIRED
    if claimed and expires_on >= today:
        raise BatchNotUsable("the batch has not expired: give another reason")


def places_of(request: StockDocumentRequest) -> dict[str, UUID | None]:
    """The columns that say from where and where to."""
    if isinstance(request, ReceiptRequest):
        return {"location_id": None, "destination_id": request.destination_id}
    destination = getattr(request, "destination_id", None)
    return {"location_id": request.location_id, "destination_id": destination}
