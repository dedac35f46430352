"""A small formulary, charts, and orders for tests of prescribing."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from deployments.access import Principal, Role
from deployments.errors import Unavailable
from deployments.medical_records.errors import EncounterRefused, RecordNotFound
from deployments.medical_records.schemas import AllergyFact, MedicationFact, SafetyFacts
from deployments.pharmacy.formulary_schemas import MedicationRequest
from tests.factories.appointments import NOW, principal

PENICILLIN, WARFARIN, ASPIRIN, PARACETAMOL = "7980", "11289", "1191", "161"
AMOXICILLIN, IBUPROFEN, MORPHINE = "723", "5640", "7052"
SERVICE = Principal.for_service("importer")


def medication(name: str, rxnorm: str, milligrams: int | str = 500, **values) -> MedicationRequest:
    """A tablet of one ingredient, unless told otherwise."""
    return MedicationRequest.model_validate(
        {
            "code": f"{name}-{milligrams}".upper(),
            "name_en": f"{name.title()} {milligrams} mg tablet",
            "name_vi": f"Viên nén {name} {milligrams} mg",
            "ingredients": [{"rxnorm": rxnorm, "name": name, "amount": str(milligrams)}],
            "form": "tablet",
            "route": "oral",
            "dose_unit": "tablet",
            "unit": "tablet",
            "pack_size": 10,
            **values,
        }
    )


MEDICATIONS = {
    "paracetamol": medication("paracetamol", PARACETAMOL, brand_names=["Panadol", "Hạ Sốt Đỏ"]),
    "amoxicillin": medication("amoxicillin", AMOXICILLIN),
    "aspirin": medication("aspirin", ASPIRIN, 81),
    "ibuprofen": medication("ibuprofen", IBUPROFEN, 400),
    "warfarin": medication("warfarin", WARFARIN, 5),
    "morphine": medication("morphine", MORPHINE, 10, schedule="narcotic"),
}


def facts(patient_id: UUID, **values) -> SafetyFacts:
    """A grown woman of whom is known that she has no allergies and takes nothing."""
    return SafetyFacts.model_validate(
        {
            "patient_id": patient_id,
            "birth_date": date(1980, 5, 1),
            "sex": "female",
            "allergies": [],
            "medications": [],
            "conditions": [],
            "weight_kg": Decimal(60),
            "weight_at": NOW,
            "egfr_ml_min": Decimal(90),
            "egfr_at": NOW,
            "pregnant": False,
            **values,
        }
    )


def allergy(text: str = "Penicillin", rxnorm: str | None = PENICILLIN) -> AllergyFact:
    return AllergyFact(id=uuid4(), rxnorm=rxnorm, text=text, criticality="high")


def taken(text: str, rxnorm: str | None = None) -> MedicationFact:
    return MedicationFact(id=uuid4(), rxnorm=rxnorm, text=text, prescription_item_id=None)


class FakeRecords:
    """Medical records, as far as the pharmacy asks it."""

    def __init__(self) -> None:
        self.charts: dict[UUID, SafetyFacts] = {}
        self.treating: set[tuple[UUID, UUID]] = set()
        self.encounters: set[UUID] = set()
        self.down = False
        self.asked = 0

    def admit(self, doctor: Principal, **values) -> Principal:
        """A patient whom the doctor treats."""
        someone = principal(Role.PATIENT)
        self.charts[someone.user_id] = facts(someone.user_id, **values)
        self.treating.add((doctor.user_id, someone.user_id))
        return someone

    def record(self, patient: Principal, **values) -> None:
        self.charts[patient.user_id] = self.charts[patient.user_id].model_copy(update=values)

    async def get_safety_facts(
        self, caller, patient_id, *, order_id=None, encounter_id=None
    ) -> SafetyFacts:
        self.asked += 1
        if self.down:
            raise Unavailable
        if order_id is None and (caller.user_id, patient_id) not in self.treating:
            raise RecordNotFound
        if encounter_id is not None and encounter_id not in self.encounters:
            raise EncounterRefused
        return self.charts[patient_id]
