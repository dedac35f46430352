"""All tables of the medical records database, in one place for repositories and migrations."""

from storage.medical_records.access_tables import (
    BreakGlassAccess,
    Consent,
    MedicalRecord,
    TreatmentRelation,
)
from storage.medical_records.base import Base
from storage.medical_records.chart_tables import (
    Allergy,
    CarePlan,
    Diagnosis,
    MedicalHistory,
    Medication,
    PrescriptionEnd,
    Procedure,
)
from storage.medical_records.concept_tables import Concept, TerminologyRelease
from storage.medical_records.encounter_tables import Encounter, EncounterOrder, Note
from storage.medical_records.entry_tables import EntryVersion
from storage.medical_records.observation_tables import Immunization, VitalSign

__all__ = [
    "Allergy",
    "Base",
    "BreakGlassAccess",
    "CarePlan",
    "Concept",
    "Consent",
    "Diagnosis",
    "Encounter",
    "EncounterOrder",
    "EntryVersion",
    "Immunization",
    "MedicalHistory",
    "MedicalRecord",
    "Medication",
    "Note",
    "PrescriptionEnd",
    "Procedure",
    "TerminologyRelease",
    "TreatmentRelation",
    "VitalSign",
]
