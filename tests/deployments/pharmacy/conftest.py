"""A pharmacy on real PostgreSQL with fake charts, a small formulary, and the people it needs."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import event, text

from deployments.access import Principal, Role
from deployments.journal import Journal
from deployments.pharmacy import moving, signing, verification
from deployments.pharmacy.prescription_schemas import Prescription, PrescriptionRequest
from deployments.pharmacy.service import PharmacyService
from deployments.pharmacy.settings import PharmacySettings
from tests.factories import pharmacy as factory
from tests.factories.appointments import principal
from tests.factories.pharmacy import FakeRecords


@dataclass
class World:
    """A doctor with a patient, a pharmacist, and the ids of the formulary."""

    service: PharmacyService
    records: FakeRecords
    doctor: Principal
    patient: Principal
    pharmacist: Principal
    medications: dict[str, UUID]

    def item(self, name: str, **values) -> dict:
        """One tablet three times a day for five days, unless told otherwise."""
        dosage = {
            "dose": {"value": 1, "unit": "tablet"},
            "timing": {"frequency": 3},
            "duration_days": 5,
            **values.pop("dosage", {}),
        }
        return {"medication_id": self.medications[name], "dosage": dosage, **values}

    def request(self, *names: str | dict, **values) -> PrescriptionRequest:
        items = [self.item(name) if isinstance(name, str) else name for name in names]
        defaults = {"patient_id": self.patient.user_id, "items": items, "sign": True}
        return PrescriptionRequest.model_validate(defaults | values)

    async def prescribe(
        self, *names: str | dict, caller: Principal | None = None, **values
    ) -> Prescription:
        request = self.request(*names, **values)
        return await self.service.prescribing.prescribe(caller or self.doctor, request)


@pytest.fixture
def records() -> FakeRecords:
    return FakeRecords()


@pytest.fixture
def make_service(pharmacy_database, records, clock):
    def make(**settings) -> PharmacyService:
        return PharmacyService(
            pharmacy_database,
            records,
            Journal(pharmacy_database),
            settings=PharmacySettings(**settings),
            clock=clock,
        )

    return make


@pytest.fixture
async def world(records, make_service) -> World:
    service = make_service()
    doctor, pharmacist = principal(Role.DOCTOR), principal(Role.PHARMACIST)
    medications = {
        name: (await service.formulary.add(pharmacist, request)).id
        for name, request in factory.MEDICATIONS.items()
    }
    return World(service, records, doctor, records.admit(doctor), pharmacist, medications)


@pytest.fixture
def rows(pharmacy_database):
    """Runs SQL and returns the rows."""

    def run(statement: str, **values):
        with pharmacy_database.engine.begin() as connection:
            return connection.execute(text(statement), values).all()

    return run


@pytest.fixture
def statements(pharmacy_database):
    """Every statement that is executed from now on."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    event.listen(pharmacy_database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(pharmacy_database.engine, "before_cursor_execute", note)


@pytest.fixture
def published(monkeypatch):
    """Events published by the test, whoever listens."""
    found = []
    for module in (moving, signing, verification):
        real = module.publish

        def publish(connection, *events, real=real):
            found.extend(events)
            real(connection, *events)

        monkeypatch.setattr(module, "publish", publish)
    return found
