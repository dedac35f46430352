"""All tables of the pharmacy database, in one place for repositories and migrations."""

from storage.pharmacy.base import Base
from storage.pharmacy.dispensing_tables import (
    ControlledBalance,
    ControlledEntry,
    Dispensing,
    DispensingItem,
    DispensingReturn,
    Recall,
    RecallPatient,
)
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
from storage.pharmacy.stock_tables import (
    ExpiryAlert,
    ReorderPoint,
    StockBalance,
    StockBatch,
    StockDocument,
    StockDocumentLine,
    StockLedgerEntry,
    StockLocation,
)

__all__ = [
    "FINDINGS",
    "ITEMS",
    "MEDICATIONS",
    "MOVES",
    "PRESCRIPTIONS",
    "Base",
    "ControlledBalance",
    "ControlledEntry",
    "Dispensing",
    "DispensingItem",
    "DispensingReturn",
    "ExpiryAlert",
    "Medication",
    "Prescription",
    "PrescriptionFinding",
    "PrescriptionItem",
    "PrescriptionMove",
    "Recall",
    "RecallPatient",
    "ReorderPoint",
    "StockBalance",
    "StockBatch",
    "StockDocument",
    "StockDocumentLine",
    "StockLedgerEntry",
    "StockLocation",
]
