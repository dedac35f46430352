"""What the pharmacy service tells others."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deployments.events import Event


class PrescriptionEvent(Event):
    """What every event about a prescription says.

    Attributes:
        practitioner_id: who prescribed.
        version: the prescription's version after the change; an older one is obsolete.
    """

    aggregate_field: ClassVar[str] = "prescription_id"

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    version: int


class IssuedItem(BaseModel):
    """One medication of a prescription, as other services know it.

    Attributes:
        rxnorm: RxNorm code of the product, or of the ingredient of a product with one.
        dosage: in English, as the label says it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: UUID
    medication_id: UUID
    rxnorm: str | None
    display: str
    dosage: str


class PrescriptionIssued(PrescriptionEvent):
    """A prescription was signed."""

    name: ClassVar[str] = "pharmacy.prescription_issued.v1"

    encounter_id: UUID | None
    items: list[IssuedItem]


class PrescriptionEnded(PrescriptionEvent):
    """A signed prescription is over.

    Attributes:
        reason: stopped, cancelled, completed, expired, revised or entered-in-error.
        taken_until: when what was handed out is used up; None when nothing more is taken.
    """

    name: ClassVar[str] = "pharmacy.prescription_ended.v1"

    reason: str
    item_ids: list[UUID]
    taken_until: datetime | None = None


class PrescriptionReopened(PrescriptionEvent):
    """A prescription that was handed out to the end can be filled again: something came back."""

    name: ClassVar[str] = "pharmacy.prescription_reopened.v1"


class PrescriptionQueried(PrescriptionEvent):
    """A pharmacist asks the prescriber something before handing out.

    Attributes:
        reason_code: what the question is about.
    """

    name: ClassVar[str] = "pharmacy.prescription_queried.v1"

    reason_code: str


class PrescriptionAnswered(PrescriptionEvent):
    """The prescriber answered; the pharmacist looks again."""

    name: ClassVar[str] = "pharmacy.prescription_answered.v1"


class PrescriptionRejected(PrescriptionEvent):
    """A pharmacist will not hand it out; the prescriber revises or stops it."""

    name: ClassVar[str] = "pharmacy.prescription_rejected.v1"

    reason_code: str


class DispensedItem(BaseModel):
    """What was handed over, or came back, of one item of a prescription.

    Attributes:
        quantity: dispensing units.
        code: of the formulary.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: UUID
    medication_id: UUID
    quantity: Decimal
    unit: str
    code: str | None = None


class DispensingEvent(Event):
    """What every event about a dispensing says.

    Attributes:
        encounter_id: that the prescription was written in.
    """

    aggregate_field: ClassVar[str] = "prescription_id"

    dispensing_id: UUID
    prescription_id: UUID
    patient_id: UUID
    items: list[DispensedItem]
    encounter_id: UUID | None = None


class PrescriptionDispensed(DispensingEvent):
    """The patient was handed medicines."""

    name: ClassVar[str] = "pharmacy.prescription_dispensed.v1"


class DispensingReturned(DispensingEvent):
    """Medicines came back, or a dispensing was undone.

    Attributes:
        reason: code of the return.
    """

    name: ClassVar[str] = "pharmacy.dispensing_returned.v1"

    reason: str


class StockLow(Event):
    """A place has less of a medication than its reorder point; told once for each crossing."""

    name: ClassVar[str] = "pharmacy.stock_low.v1"
    aggregate_field: ClassVar[str] = "medication_id"

    medication_id: UUID
    location_id: UUID
    quantity: Decimal
    minimum: Decimal


class StockExpiring(Event):
    """A batch with stock comes close to its last day of use; told once for each threshold.

    Attributes:
        threshold_days: how close, days.
        quantity: dispensing units at all places together.
    """

    name: ClassVar[str] = "pharmacy.stock_expiring.v1"
    aggregate_field: ClassVar[str] = "batch_id"

    batch_id: UUID
    medication_id: UUID
    lot: str
    expires_on: date
    threshold_days: int
    quantity: Decimal


class LotRecalled(Event):
    """A lot must not be used any more.

    Attributes:
        patients: how many still have some of it, as far as the pharmacy knows.
    """

    name: ClassVar[str] = "pharmacy.lot_recalled.v1"
    aggregate_field: ClassVar[str] = "recall_id"

    recall_id: UUID
    batch_id: UUID
    medication_id: UUID
    lot: str
    patients: int


class PatientAffectedByRecall(Event):
    """A patient was handed a lot that is now recalled, and still has some of it."""

    name: ClassVar[str] = "pharmacy.patient_affected_by_recall.v1"
    aggregate_field: ClassVar[str] = "recall_id"

    recall_id: UUID
    patient_id: UUID
    medication_id: UUID
    lot: str
