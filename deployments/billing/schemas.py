"""What crosses the border of billing. Amounts are minor units of the currency beside them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from deployments.billing.accounts import Area
from deployments.pagination import PageRequest
from deployments.schemas import Schema


class InvoiceStatus(StrEnum):
    """FHIR R4 Invoice.status."""

    DRAFT = "draft"
    ISSUED = "issued"
    BALANCED = "balanced"
    CANCELLED = "cancelled"


class InvoiceLine(Schema):
    """One thing on an invoice; `total` = base + surcharge - discount - exemption + tax."""

    id: UUID
    position: int
    charge_item_id: UUID
    area: Area
    code: str
    name_en: str
    name_vi: str
    performed_at: datetime
    quantity: Decimal
    unit_price: int
    base: int
    surcharge: int
    discount: int
    exemption: int
    tax_percent: Decimal | None
    tax: int
    total: int
    patient_share: int
    payer_share: int


class DraftLine(Schema):
    """A charge on a draft, and what it would cost if the draft were issued now.

    Attributes:
        priced: whether a price list says what it costs; the amounts are zero otherwise.
        waiver: the rule that exempts it.
    """

    charge_item_id: UUID
    area: Area
    code: str
    name_en: str
    name_vi: str
    performed_at: datetime
    quantity: Decimal
    priced: bool
    unit_price: int
    base: int
    surcharge: int
    discount: int
    exemption: int
    waiver: str
    tax_percent: Decimal | None
    tax: int
    total: int


class Invoice(Schema):
    """What a patient was charged, and who owes what is left.

    Attributes:
        lines: of an issued invoice, as they were frozen.
        draft_lines: of a draft, as they would be now; its amounts are zero until it is issued.
    """

    id: UUID
    number: str | None
    status: InvoiceStatus
    patient_id: UUID
    currency: str
    total: int
    tax: int
    credited: int
    patient_share: int
    payer_share: int
    patient_settled: int
    payer_settled: int
    settled: int
    encounter_id: UUID | None
    day: date | None
    issued_at: datetime | None
    due_on: date | None
    lines: list[InvoiceLine]
    draft_lines: list[DraftLine]
    version: int


class InvoiceSummary(Schema):
    """An invoice in a list."""

    id: UUID
    number: str | None
    status: InvoiceStatus
    patient_id: UUID
    currency: str
    total: int
    credited: int
    patient_share: int
    payer_share: int
    settled: int
    issued_at: datetime | None
    due_on: date | None


class InvoiceQuery(PageRequest):
    """Which invoices; a patient sees their own that are issued, whatever is asked for."""

    patient_id: UUID | None = None
    status: InvoiceStatus | None = None
