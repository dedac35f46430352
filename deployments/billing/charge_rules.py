"""From what was done and undone to what is charged. Pure.

News of a source may come in any order and may say less than the news before it: what is charged
is worked out anew from all that is known, so that order does not matter.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

NONE: Final = Decimal(0)
ONCE: Final = Decimal(1)


class ChargeStatus(StrEnum):
    """FHIR R4 ChargeItem.status, as far as the house needs it."""

    PLANNED = "planned"
    BILLABLE = "billable"
    ABORTED = "aborted"
    BILLED = "billed"


@dataclass(frozen=True)
class Due:
    """What must stand on bills besides what was billed.

    Attributes:
        status: of the open charge; None when there is to be none.
        quantity: of the open charge.
        credit: how much of what was billed is to be credited.
    """

    status: ChargeStatus | None
    quantity: Decimal
    credit: Decimal


def due(*, planned: bool, done: Decimal, undone: Decimal, billed: Decimal) -> Due:
    """What is to be charged or credited for a source.

    Args:
        planned: it is to be done.
        done: how much of it was done.
        undone: how much of that was taken back; heard of before the doing, it counts later.
        billed: how much stands on issued invoices, less what was credited.
    """
    wanted = max(done - undone, NONE)
    if wanted > billed:
        return Due(ChargeStatus.BILLABLE, wanted - billed, NONE)
    if wanted < billed:
        return Due(None, NONE, billed - wanted)
    if planned and not wanted:
        return Due(ChargeStatus.PLANNED, ONCE, NONE)
    return Due(None, NONE, NONE)


def is_late(
    *, by_patient: bool, cancelled_at: datetime, start: datetime, notice: timedelta
) -> bool:
    """Whether a patient's cancellation came too late to be free of charge (ours)."""
    return by_patient and cancelled_at > start - notice
