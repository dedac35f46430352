"""Charges, discounts and exemptions as they cross the border."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.billing.accounts import Area
from deployments.billing.charge_rules import ChargeStatus
from deployments.billing.exemptions import Category
from deployments.billing.money import LARGEST
from deployments.billing.price_schemas import Code, PriceKind
from deployments.pagination import PageRequest
from deployments.schemas import Day, Instant, LongText, Schema, ShortText

Quantity = Annotated[Decimal, Field(gt=0, le=99_999, max_digits=8, decimal_places=3)]


class ChargeRequest(Schema):
    """A charge by hand, for what no other service tells: procedures, days on a ward."""

    patient_id: UUID
    area: Area
    kind: PriceKind
    code: Code
    quantity: Quantity = Decimal(1)
    performed_at: Instant
    performer_id: UUID | None = None
    encounter_id: UUID | None = None


class Reason(Schema):
    """Why something is not charged, or given up on."""

    reason: ShortText


class ChargeQuery(PageRequest):
    """Which page of charges."""


class Charge(Schema):
    """What is charged for something that was done; FHIR R4 ChargeItem.status."""

    id: UUID
    patient_id: UUID
    status: ChargeStatus
    source_kind: str
    about_id: UUID
    area: Area
    kind: PriceKind
    code: str
    quantity: Decimal
    performed_at: datetime
    invoice_id: UUID | None
    created_at: datetime


class DiscountRequest(Schema):
    """Percent or an amount (minor units) off a draft, or off one charge on it; and why."""

    charge_item_id: UUID | None = None
    percent: Annotated[Decimal | None, Field(gt=0, le=100, max_digits=5, decimal_places=2)] = None
    amount: Annotated[int | None, Field(gt=0, le=LARGEST)] = None
    justification: LongText

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.percent is None) is (self.amount is None):
            raise ValueError("either percent or amount")
        return self


class Decision(Schema):
    """Yes or no."""

    approve: bool


class Discount(Schema):
    """Something off, and who decided."""

    id: UUID
    invoice_id: UUID
    charge_item_id: UUID | None
    percent: Decimal | None
    amount: int | None
    justification: str
    status: str
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


class Discounts(Schema):
    """Those of a draft."""

    items: list[Discount]


class ExemptionRequest(Schema):
    """That a patient is in a category that pays less; `document` says what shows it."""

    category: Category
    document: ShortText
    valid_from: Day
    valid_until: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until is before valid_from")
        return self


class Exemption(Schema):
    """A category of a patient, and who decided."""

    id: UUID
    patient_id: UUID
    category: Category
    document: str
    valid_from: date
    valid_until: date
    status: str
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


class Exemptions(Schema):
    """Those of a patient."""

    items: list[Exemption]
