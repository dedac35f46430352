"""What crosses the border about dispensing and recalls."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from deployments.pagination import PageRequest
from deployments.pharmacy.dispensing_states import DeclineReason, DispensingStatus, ReturnReason
from deployments.pharmacy.prescription_schemas import Override
from deployments.pharmacy.quantities import Amount, Quantity
from deployments.pharmacy.stock_schemas import LotNumber
from deployments.schemas import Day, Instant, LongText, Schema, ShortText, Version

MOST_ITEMS = 50


class DispensingLine(Schema):
    """One item of the prescription that is to be handed over.

    Attributes:
        quantity: dispensing units; all that this fill allows if omitted.
        medication_id: the product, if it is another one with the same ingredients.
    """

    prescription_item_id: UUID
    quantity: Quantity | None = None
    medication_id: UUID | None = None


class DispensingRequest(Schema):
    """What is to be handed over from which place; every item of the prescription if omitted."""

    prescription_id: UUID
    location_id: UUID
    items: Annotated[list[DispensingLine], Field(min_length=1, max_length=MOST_ITEMS)] | None = None
    note: LongText | None = None


class DispensingItem(Schema):
    """What one batch gives towards one item of the prescription."""

    id: UUID
    prescription_item_id: UUID
    medication_id: UUID
    batch_id: UUID
    lot: LotNumber
    expires_on: Day
    quantity: Amount
    returned: Amount
    unit: str
    substituted: bool


class Dispensing(Schema):
    """FHIR MedicationDispense: one handing over for one prescription.

    Attributes:
        controlled: whether a witness must sign before it is handed over, or comes back.
        return_witness_id: who signed for what comes back and is not taken in yet.
    """

    id: UUID
    prescription_id: UUID
    patient_id: UUID
    location_id: UUID
    status: DispensingStatus
    status_reason: str | None
    note: str | None
    controlled: bool
    made_by: UUID
    completed_by: UUID | None
    completed_at: Instant | None
    witness_id: UUID | None
    return_witness_id: UUID | None
    items: list[DispensingItem]
    created_at: Instant
    updated_at: Instant
    version: Version


class HandOver(Schema):
    """Answers to findings that nobody answered for when it was prescribed."""

    overrides: Annotated[tuple[Override, ...], Field(max_length=MOST_ITEMS)] = ()


class Decline(Schema):
    """Why nothing is handed over."""

    code: DeclineReason
    note: LongText | None = None


class DispensingReason(Schema):
    """Why a dispensing rests, stops or is undone."""

    reason: ShortText


class ReturnLine(Schema):
    """So much of what one batch gave comes back."""

    dispensing_item_id: UUID
    quantity: Quantity


class WitnessedReturn(Schema):
    """What a second person saw come back."""

    lines: Annotated[list[ReturnLine], Field(min_length=1, max_length=MOST_ITEMS)]


class ReturnRequest(WitnessedReturn):
    """What comes back; what is spoiled, damaged or recalled goes to the quarantine."""

    code: ReturnReason
    spoiled: bool = False

    @property
    def unusable(self) -> bool:
        """Whether nobody may get it any more."""
        return self.spoiled or self.code in {ReturnReason.DAMAGED, ReturnReason.RECALLED}


class DispensingQuery(PageRequest):
    """Which dispensings are wanted."""

    patient_id: UUID | None = None
    prescription_id: UUID | None = None
    status: DispensingStatus | None = None


class RemainingItem(Schema):
    """What may still be handed over of one item of a prescription.

    Attributes:
        remaining: over all fills that are left.
        dispensable: in the present fill.
        due_on: first day of the next fill; null when it is due.
    """

    prescription_item_id: UUID
    medication_id: UUID
    remaining: Amount
    dispensable: Amount
    unit: str
    due_on: Day | None


class RemainingItems(Schema):
    """What may still be handed over of a prescription."""

    prescription_id: UUID
    items: list[RemainingItem]


class RecallRequest(Schema):
    """A lot that must not be used any more."""

    medication_id: UUID
    lot: LotNumber
    reason: ShortText


class Recall(Schema):
    """A recalled lot."""

    id: UUID
    batch_id: UUID
    medication_id: UUID
    lot: LotNumber
    expires_on: Day
    reason: str
    recalled_by: UUID
    at: Instant


class AffectedPatient(Schema):
    """A patient who still has some of a recalled lot, as far as the pharmacy knows."""

    recall_id: UUID
    patient_id: UUID
    quantity: Amount
    last_dispensed_at: Instant
