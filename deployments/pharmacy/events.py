"""What the pharmacy service tells others."""

from datetime import datetime
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


class PrescriptionQueried(PrescriptionEvent):
    """A pharmacist asks the prescriber something before handing out.

    Attributes:
        reason_code: what the question is about.
    """

    name: ClassVar[str] = "pharmacy.prescription_queried.v1"

    reason_code: str


class PrescriptionRejected(PrescriptionEvent):
    """A pharmacist will not hand it out; the prescriber revises or stops it."""

    name: ClassVar[str] = "pharmacy.prescription_rejected.v1"

    reason_code: str
