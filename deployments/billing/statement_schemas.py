"""Statements of account as they cross the border. Amounts are minor units."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import model_validator

from deployments.billing.price_schemas import Currency
from deployments.schemas import Day, Schema

LONGEST_DAYS = 366


class StatementQuery(Schema):
    """Which days, both included; at most a year."""

    first_day: Day
    last_day: Day
    currency: Currency = "VND"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days <= LONGEST_DAYS:
            raise ValueError(f"first_day to last_day is 0 to {LONGEST_DAYS} days")
        return self


class AccountMovement(Schema):
    """What changed what a patient owes.

    Attributes:
        kind: invoice, credit_note, payment, refund, ...
        number: of the invoice or credit note.
        amount: positive is owed, negative was paid or credited.
        balance: afterwards; negative is in the patient's favour.
    """

    at: datetime
    kind: str
    number: str | None
    amount: int
    balance: int


class Statement(Schema):
    """A patient's account over some days."""

    patient_id: UUID
    currency: str
    first_day: date
    last_day: date
    opening: int
    movements: list[AccountMovement]
    closing: int
