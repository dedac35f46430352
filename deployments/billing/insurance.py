"""What issuing asks of insurance: which payer's prices hold, and who pays what of each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.billing.accounts import Area


@dataclass(frozen=True)
class Owed:
    """A line that somebody must pay.

    Attributes:
        total: minor units, tax included.
    """

    area: Area
    code: str
    performed_at: datetime
    total: int


@dataclass(frozen=True)
class Division:
    """Who pays.

    Attributes:
        payer_id: who pays what the patient does not; None when the patient pays everything.
        payer: by line, what that payer pays, minor units; the patient pays the rest.
    """

    payer_id: UUID | None
    payer: Sequence[int]


class Insurance(Protocol):
    """Who knows the coverages of patients."""

    def find_payer(self, connection: Connection, patient_id: UUID, day: date) -> UUID | None:
        """The payer whose price list holds for a patient on a day, if any."""

    def divide(
        self, connection: Connection, invoice: RowMapping, lines: Sequence[Owed], at: datetime
    ) -> Division:
        """Divides the lines of an invoice that is being issued, in its transaction."""


class SelfPay:
    """Nobody is insured: the patient pays everything."""

    def find_payer(self, _connection: Connection, _patient_id: UUID, _day: date) -> UUID | None:
        """No payer."""
        return None

    def divide(
        self, _connection: Connection, _invoice: RowMapping, lines: Sequence[Owed], _at: datetime
    ) -> Division:
        """Everything is the patient's."""
        return Division(None, [0] * len(lines))
