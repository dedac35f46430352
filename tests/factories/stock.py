"""A pharmacy with places, medications, batches and prescriptions for tests of stock."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from deployments.access import Principal, Role
from deployments.pharmacy.checking import Recheck
from deployments.pharmacy.dispensing_schemas import (
    Dispensing,
    DispensingLine,
    DispensingRequest,
)
from deployments.pharmacy.stock_desk import StockSettings
from deployments.pharmacy.stock_schemas import (
    ImportedStockReceipt,
    LocationKind,
    StockLocationRequest,
)
from deployments.pharmacy.stock_service import StockService
from storage.database import Database
from storage.pharmacy import locations, prescriptions
from storage.pharmacy.formulary_tables import MEDICATIONS
from storage.pharmacy.prescriptions import Step
from tests.factories.appointments import ZONE, principal

IMPORTER = Principal.for_service("importer")
TODAY = date(2026, 11, 23)
SOON = TODAY + timedelta(days=200)
LATER = TODAY + timedelta(days=400)
DOSAGE = {
    "dose": {"value": 1, "unit": "tablet"},
    "timing": {"frequency": 1},
    "duration_days": 30,
}


class Checks:
    """The safety check before handing out, as the tests want it to answer."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []
        self.answer: Exception | Recheck = Recheck([], [], {})

    async def __call__(self, _principal, prescription_id) -> Recheck:
        self.asked.append(prescription_id)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class StockWorld:
    """Two pharmacists, a nurse, a patient, three places, and what is asked for."""

    def __init__(self, database: Database, clock, **settings) -> None:
        self.database, self.clock, self.checks = database, clock, Checks()
        self.service = StockService(
            database,
            self.checks,
            self.treats,
            time_zone=ZONE,
            settings=StockSettings(**settings),
            clock=clock,
        )
        self.maker, self.checker = principal(Role.PHARMACIST), principal(Role.PHARMACIST)
        self.nurse, self.patient = principal(Role.NURSE), principal(Role.PATIENT)
        self.doctor = principal(Role.DOCTOR)
        self.treated: set[tuple[UUID, UUID]] = set()
        self.store = self._place("store", LocationKind.STORE)
        self.dispensary = self._place("dispensary", LocationKind.DISPENSARY)
        self.quarantine = self._place("quarantine", LocationKind.QUARANTINE)

    async def treats(self, someone, patient_id) -> bool:
        return (someone.user_id, patient_id) in self.treated

    def rows(self, statement: str, **values):
        with self.database.engine.begin() as connection:
            return connection.execute(text(statement), values).all()

    def _place(self, code: str, kind: LocationKind) -> UUID:
        values = {"id": uuid4(), "code": code, "name": code.title(), "kind": kind.value}
        values |= {"active": True, "created_at": self.clock()}
        with self.database.engine.begin() as connection:
            return locations.add(connection, values)["id"]

    def medication(self, **values) -> SimpleNamespace:
        code = values.get("code", f"drug-{uuid4().hex[:8]}")
        row = {
            "id": uuid4(),
            "code": code,
            "name_en": "Drug",
            "name_vi": "Thuốc",
            "brand_names": [],
            "ingredients": [{"rxnorm": "161", "name": "x", "amount": "500", "unit": "mg"}],
            "form": "tablet",
            "route": "oral",
            "rxnorm": None,
            "schedule": "none",
            "dose_unit": "tablet",
            "unit": "tablet",
            "units_each": 1,
            "pack_size": Decimal(10),
            "active": True,
            "search_text": code,
            "version": 1,
            "updated_at": self.clock(),
            **values,
        }
        with self.database.engine.begin() as connection:
            connection.execute(insert(MEDICATIONS), row)
        return SimpleNamespace(**row)

    async def receive(
        self, medication, lot="A", quantity=100, expires_on=SOON, place="dispensary"
    ) -> UUID:
        """Stock as the importer brings it; returns the batch."""
        line = {"medication_code": medication.code, "lot": lot, "quantity": quantity}
        receipt = ImportedStockReceipt(
            identifier={"system": "test", "value": str(uuid4())},
            location=StockLocationRequest(code=place, name=place, kind="store"),
            lines=[{**line, "expires_on": expires_on}],
        )
        await self.service.imports.import_receipt(IMPORTER, receipt)
        return self.rows(
            "SELECT id FROM stock_batches WHERE lot = :lot AND medication_id = :medication",
            lot=lot,
            medication=medication.id,
        )[0][0]

    def prescribe(self, *medications, patient=None, **values) -> SimpleNamespace:
        """A prescription that a pharmacist has verified; `item` values apply to every item."""
        now = self.clock()
        item = {"quantity": 30, "repeats": 0, "duration_days": None} | values.pop("item", {})
        prescription_id = uuid4()
        row = {
            "id": prescription_id,
            "patient_id": (patient or self.patient).user_id,
            "practitioner_id": self.doctor.user_id,
            "status": "active",
            "fulfilment": "verified",
            "controlled": False,
            "signed_at": now,
            "valid_until": now + timedelta(days=365),
            **values,
        }
        items = [
            {
                "id": uuid4(),
                "prescription_id": prescription_id,
                "position": position,
                "medication_id": medication.id,
                "dosage": DOSAGE,
                "dosage_en": "one",
                "dosage_vi": "một",
                "course": "acute",
                "substitution_allowed": True,
                "substitution_reason": None,
                "parallel_reason": None,
                **item,
            }
            for position, medication in enumerate(medications, start=1)
        ]
        step = Step("sign", self.doctor.user_id, self.doctor.role, now)
        with self.database.engine.begin() as connection:
            prescriptions.add(connection, row, items, step)
        return SimpleNamespace(id=prescription_id, items=[one["id"] for one in items])

    async def prepare(self, prescription, quantity=None, by=None, **line) -> Dispensing:
        """A dispensing of the prescription's first item."""
        named = {"prescription_item_id": prescription.items[0], "quantity": quantity}
        wanted = DispensingLine(**(named | line))
        request = DispensingRequest(
            prescription_id=prescription.id, location_id=self.dispensary, items=[wanted]
        )
        return await self.service.preparing.prepare(by or self.maker, request)

    async def dispense(self, prescription, quantity=None, **line) -> Dispensing:
        """Prepares, picks and hands over."""
        made = await self.prepare(prescription, quantity, **line)
        await self.service.preparing.pick(self.maker, made.id)
        return await self.service.completion.complete(self.maker, made.id)

    def balance(self, place: UUID, batch: UUID) -> Decimal:
        found = self.rows(
            "SELECT quantity FROM stock_balances WHERE location_id = :place AND batch_id = :batch",
            place=place,
            batch=batch,
        )
        return found[0][0] if found else Decimal(0)
