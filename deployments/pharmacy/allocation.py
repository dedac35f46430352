"""First expired, first out: from which batches a quantity is taken. Plain values only.

Source: WHO Technical Report Series 1025 (2020), annex 7, good storage and distribution practices:
stock is rotated "first expired, first out"; expired and recalled stock is kept apart and does not
leave except to be destroyed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from deployments.pharmacy.stock_errors import OutOfStock


class BatchStatus(StrEnum):
    """Whether a batch may be used, as far as people decide; its last day decides too."""

    AVAILABLE = "available"
    QUARANTINED = "quarantined"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Lot:
    """What lies of one batch at one place.

    Attributes:
        expires_on: last day of use, in the hospital's zone.
        quantity: dispensing units.
    """

    batch_id: UUID
    expires_on: date
    quantity: Decimal
    status: BatchStatus


@dataclass(frozen=True, slots=True)
class Portion:
    """What one batch gives."""

    batch_id: UUID
    quantity: Decimal


def is_usable(status: BatchStatus, expires_on: date, today: date) -> bool:
    """Whether a batch may go to a patient; its last day of use counts in full."""
    return status is BatchStatus.AVAILABLE and expires_on >= today


def allocate(lots: Iterable[Lot], wanted: Decimal, today: date) -> list[Portion]:
    """Takes `wanted` dispensing units from the lots that expire first.

    Args:
        lots: of one medication at one place.
        wanted: more than zero.
        today: date in the hospital's zone.

    Raises:
        OutOfStock: the usable lots together hold less.
    """
    usable = [lot for lot in lots if is_usable(lot.status, lot.expires_on, today)]
    portions: list[Portion] = []
    missing = wanted
    for lot in sorted(usable, key=lambda lot: (lot.expires_on, lot.batch_id)):
        taken = min(lot.quantity, missing)
        if taken > 0:
            portions.append(Portion(lot.batch_id, taken))
            missing -= taken
    if missing > 0:
        raise OutOfStock(f"{wanted - missing:f} of {wanted:f} can be dispensed here")
    return portions
