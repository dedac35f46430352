"""What other services ask of medical records."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from deployments.schemas import Instant, Schema


class AllergyFact(Schema):
    """An allergy or intolerance that is not refuted.

    Attributes:
        rxnorm: RxNorm code of the substance, when it is coded so.
        text: as recorded.
        criticality: FHIR's AllergyIntolerance.criticality.
    """

    id: UUID
    rxnorm: str | None
    text: str
    criticality: Literal["low", "high", "unable-to-assess"] | None


class MedicationFact(Schema):
    """Something that the patient takes, from anywhere.

    Attributes:
        rxnorm: RxNorm code of ingredient or product, when it is coded so.
        prescription_item_id: of this hospital's pharmacy, when it comes from there.
    """

    id: UUID
    rxnorm: str | None
    text: str
    prescription_item_id: UUID | None


class ConditionFact(Schema):
    """An active condition that is not refuted.

    Attributes:
        icd10: ICD-10-CM code.
    """

    id: UUID
    icd10: str | None
    text: str


class SafetyFacts(Schema):
    """What must be known of a patient before a drug is prescribed or handed out.

    Attributes:
        allergies: None when nobody ever recorded them; empty when "no known allergies" is
            recorded as a fact.
        weight_kg: last measured.
        egfr_ml_min: last estimated glomerular filtration rate, mL/min/1.73 m2.
        pregnant: None when nothing is recorded.
    """

    patient_id: UUID
    birth_date: date | None
    sex: Literal["male", "female", "other", "unknown"] | None
    allergies: list[AllergyFact] | None
    medications: list[MedicationFact]
    conditions: list[ConditionFact]
    weight_kg: Decimal | None
    weight_at: Instant | None
    egfr_ml_min: Decimal | None
    egfr_at: Instant | None
    pregnant: bool | None
