"""What stands in charts, for tests."""

from datetime import date, datetime
from uuid import UUID, uuid4

from deployments.medical_records.allergy_schemas import AllergyRequest, ImportedAllergy
from deployments.medical_records.codes import ICD_10_CM, RXNORM
from deployments.medical_records.condition_schemas import ConditionRequest, ImportedCondition
from deployments.medical_records.entry_schemas import Code, CodeRequest, Coding, Identifier
from deployments.medical_records.medication_schemas import MedicationRequest
from deployments.pharmacy.events import IssuedItem, PrescriptionEnded, PrescriptionIssued
from tests.factories.medical_records import NOW

DIABETES = "E11.9"
WARFARIN = "11289"
PENICILLIN_G = "7980"


def icd10(code: str = DIABETES, text: str | None = None) -> CodeRequest:
    return CodeRequest(coding=Coding(system=ICD_10_CM, code=code), text=text)


def rxnorm(code: str, text: str | None = None) -> CodeRequest:
    return CodeRequest(coding=Coding(system=RXNORM, code=code), text=text)


def words(text: str) -> CodeRequest:
    return CodeRequest(text=text)


def condition(**values) -> ConditionRequest:
    return ConditionRequest(**({"code": icd10()} | values))


def allergy(**values) -> AllergyRequest:
    defaults = {"code": rxnorm(PENICILLIN_G), "categories": ["medication"], "criticality": "high"}
    return AllergyRequest(**(defaults | values))


def medication(**values) -> MedicationRequest:
    defaults = {"code": rxnorm(WARFARIN), "started_on": date(2026, 1, 5)}
    return MedicationRequest(**(defaults | values))


def _origin(value: str, patient_id: UUID) -> dict:
    return {
        "identifier": Identifier(system="urn:test", value=value),
        "patient_id": patient_id,
        "recorded_at": NOW,
    }


def imported_condition(value: str, patient_id: UUID, **values) -> ImportedCondition:
    coding = Coding(system=ICD_10_CM, code=DIABETES, display="Type 2 diabetes")
    code = Code(text="Diabetes", coding=coding)
    return ImportedCondition(**(_origin(value, patient_id) | {"code": code} | values))


def imported_allergy(value: str, patient_id: UUID, code: Code, **values) -> ImportedAllergy:
    return ImportedAllergy(**(_origin(value, patient_id) | {"code": code} | values))


def issued(patient_id: UUID, practitioner_id: UUID, items: int = 2, **values) -> PrescriptionIssued:
    listed = [
        IssuedItem(
            item_id=uuid4(),
            medication_id=uuid4(),
            rxnorm=WARFARIN,
            display=f"Warfarin {place}",
            dosage="1 tablet once a day",
        )
        for place in range(items)
    ]
    defaults = {
        "occurred_at": NOW,
        "prescription_id": uuid4(),
        "patient_id": patient_id,
        "practitioner_id": practitioner_id,
        "version": 2,
        "encounter_id": None,
        "items": listed,
    }
    return PrescriptionIssued(**(defaults | values))


def ended(
    begun: PrescriptionIssued, reason: str, taken_until: datetime | None = None, version: int = 3
) -> PrescriptionEnded:
    return PrescriptionEnded(
        occurred_at=NOW,
        prescription_id=begun.prescription_id,
        patient_id=begun.patient_id,
        practitioner_id=begun.practitioner_id,
        version=version,
        reason=reason,
        item_ids=[item.item_id for item in begun.items],
        taken_until=taken_until,
    )
