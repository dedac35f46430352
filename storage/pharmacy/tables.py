"""All tables of the pharmacy database, in one place for repositories and migrations."""

from storage.pharmacy.base import Base
from storage.pharmacy.formulary_tables import MEDICATIONS, Medication
from storage.pharmacy.prescription_tables import (
    FINDINGS,
    ITEMS,
    MOVES,
    PRESCRIPTIONS,
    Prescription,
    PrescriptionFinding,
    PrescriptionItem,
    PrescriptionMove,
)

__all__ = [
    "FINDINGS",
    "ITEMS",
    "MEDICATIONS",
    "MOVES",
    "PRESCRIPTIONS",
    "Base",
    "Medication",
    "Prescription",
    "PrescriptionFinding",
    "PrescriptionItem",
    "PrescriptionMove",
]
