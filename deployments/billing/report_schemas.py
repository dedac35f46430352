"""Reports for accountants. Amounts are minor units; CSV has them as people write them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import model_validator

from deployments.billing.accounts import Area
from deployments.pagination import PageRequest
from deployments.schemas import Day, Schema

LONGEST_DAYS = 366


class Period(Schema):
    """Which days, both included; at most a year."""

    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days <= LONGEST_DAYS:
            raise ValueError(f"first_day to last_day is 0 to {LONGEST_DAYS} days")
        return self


class DayBookQuery(Period, PageRequest):
    """Which part of the day book."""


class DayBookLine(Schema):
    """A line of the ledger; lines of one entry add up: debits are credits."""

    at: datetime
    entry_id: UUID
    position: int
    kind: str
    source_kind: str
    source_id: UUID
    currency: str
    account: str
    debit: int
    credit: int
    party_id: UUID | None
    invoice_number: str | None


class AgedReceivable(Schema):
    """What is owed, by how many days it is overdue."""

    party: str
    currency: str
    invoices: int
    not_due: int
    days_1_30: int
    days_31_60: int
    days_61_90: int
    days_over_90: int
    total: int


class AgedReceivables(Schema):
    """What patients and payers owe today."""

    day: date
    items: list[AgedReceivable]


class RevenueLine(Schema):
    """What was earned by one thing, without tax: invoiced less credited."""

    area: Area
    code: str
    currency: str
    quantity: Decimal
    invoiced: int
    credited: int
    net: int


class Revenue(Schema):
    """What was earned, by area and code."""

    items: list[RevenueLine]


class ClaimState(Schema):
    """Claims of one payer that are in one status."""

    payer_id: UUID
    status: str
    currency: str
    claims: int
    charged: int
    paid: int


class ClaimStates(Schema):
    """Claims by payer and status."""

    items: list[ClaimState]
