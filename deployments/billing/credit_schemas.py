"""Credit notes as they cross the border. Amounts are minor units of the currency beside them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.billing.accounts import Area
from deployments.billing.money import LARGEST
from deployments.pagination import PageRequest
from deployments.schemas import LongText, Schema

MOST_LINES = 500


class CreditNoteKind(StrEnum):
    """What it is for."""

    REVERSAL = "reversal"
    CORRECTION = "correction"
    ALLOWANCE = "allowance"


class CreditNoteStatus(StrEnum):
    """How far it is."""

    DRAFT = "draft"
    ISSUED = "issued"
    REJECTED = "rejected"


class CreditReason(StrEnum):
    """Why something is credited; ours."""

    WRONG_ITEM = "wrong-item"
    WRONG_PATIENT = "wrong-patient"
    WRONG_PRICE = "wrong-price"
    DUPLICATE = "duplicate"
    COMPLAINT = "complaint"
    GOODWILL = "goodwill"
    OTHER = "other"


class CreditLineRequest(Schema):
    """How much of a line: a quantity for a correction, an amount with tax for an allowance."""

    invoice_line_id: UUID
    quantity: Annotated[Decimal | None, Field(gt=0, le=999_999, max_digits=9, decimal_places=3)] = (
        None
    )
    amount: Annotated[int | None, Field(gt=0, le=LARGEST)] = None


class CreditNoteRequest(Schema):
    """What is to be credited; without lines, everything that is left of the invoice."""

    kind: CreditNoteKind
    reason: CreditReason
    text: LongText | None = None
    lines: Annotated[list[CreditLineRequest], Field(max_length=MOST_LINES, default_factory=list)]

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.kind is CreditNoteKind.REVERSAL:
            raise ValueError("reversals are drafted when what was billed is undone")
        by_amount = self.kind is CreditNoteKind.ALLOWANCE
        for line in self.lines:
            if (line.amount is None) is by_amount or (line.quantity is None) is not by_amount:
                raise ValueError("quantities for a correction, amounts for an allowance")
        ids = [line.invoice_line_id for line in self.lines]
        if len(ids) != len(set(ids)):
            raise ValueError("each line once")
        return self


class CreditNoteLine(Schema):
    """What is taken back of a line of the invoice; a draft has no amounts yet."""

    invoice_line_id: UUID
    position: int
    area: Area
    code: str
    name_en: str
    name_vi: str
    quantity: Decimal | None
    amount: int | None
    tax: int
    total: int


class CreditNote(Schema):
    """Takes something of an invoice back.

    Attributes:
        reason: a `CreditReason`, or `undone` for a reversal.
        patient_part: how much less the patient owes.
        payer_part: how much less the payer owes.
        patient_surplus: what of the patient's part was paid already, and is owed back.
    """

    id: UUID
    number: str | None
    status: CreditNoteStatus
    kind: CreditNoteKind
    invoice_id: UUID
    patient_id: UUID
    currency: str
    reason: str
    text: str | None
    total: int
    tax: int
    patient_part: int
    payer_part: int
    patient_surplus: int
    payer_surplus: int
    issued_at: datetime | None
    created_at: datetime
    lines: list[CreditNoteLine]
    version: int


class CreditNoteSummary(Schema):
    """A credit note in a list."""

    id: UUID
    number: str | None
    status: CreditNoteStatus
    kind: CreditNoteKind
    invoice_id: UUID
    patient_id: UUID
    currency: str
    reason: str
    total: int
    created_at: datetime
    issued_at: datetime | None


class CreditNoteQuery(PageRequest):
    """Which credit notes."""

    patient_id: UUID | None = None
    invoice_id: UUID | None = None
    status: CreditNoteStatus | None = None
