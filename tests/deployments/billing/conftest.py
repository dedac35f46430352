"""Billing on real PostgreSQL with demo prices, its people, and what other services tell."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from deployments.access import Principal, Role
from deployments.appointments.events import (
    AppointmentCancelled,
    AppointmentEnteredInError,
    AppointmentFulfilled,
    AppointmentNoShow,
)
from deployments.billing.deployment import BillingDeployment
from deployments.billing.schemas import Invoice, InvoiceQuery
from deployments.billing.service import BillingService
from deployments.billing.settings import BillingSettings
from deployments.events import Envelope, Event
from deployments.journal import Journal
from deployments.laboratory.events import (
    LabOrderPlaced,
    SpecimenReceived,
    SpecimenRejected,
    TestItem,
    TestsCancelled,
)
from deployments.metrics import Metrics
from deployments.pharmacy.events import DispensedItem, DispensingReturned, PrescriptionDispensed
from deployments.runtime import Runtime
from storage.outbox import outbox
from tests.deployments.gateway.conftest import Keys
from tests.factories.appointments import principal

PREFIX = "/api/v1/billing"
PARACETAMOL = "PARA-500-TAB"


@dataclass
class Hospital:
    """What other services tell of one patient, heard by billing."""

    service: BillingService
    now: datetime
    patient: Principal = field(default_factory=lambda: principal(Role.PATIENT))
    doctor_id: UUID = field(default_factory=uuid4)
    officer: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))
    other_officer: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))
    admin: Principal = field(default_factory=lambda: principal(Role.ADMINISTRATOR))

    async def tell(self, *events: Event) -> None:
        heard = await self.service.listener.hear([Envelope.of(event) for event in events])
        assert heard == [None] * len(events), heard

    def visit(self, kind=AppointmentFulfilled, *, version=3, **values) -> Event:
        start = values.pop("start", self.now)
        defaults = {
            "appointment_id": uuid4(),
            "patient_id": self.patient.user_id,
            "practitioner_id": self.doctor_id,
            "reason_id": uuid4(),
            "reason_code": "consultation",
            "start": start,
            "end": start + timedelta(minutes=30),
            "occurred_at": max(self.now, start) if kind is AppointmentFulfilled else self.now,
            "version": version,
        }
        if kind is AppointmentCancelled:
            defaults |= {"cancellation_code": "pat", "by_patient": True}
        return kind(**(defaults | values))

    def drugs(
        self, quantity=20, *, kind=PrescriptionDispensed, code=PARACETAMOL, **values
    ) -> Event:
        item = DispensedItem(
            item_id=values.pop("item_id", None) or uuid4(), medication_id=uuid4(),
            quantity=Decimal(quantity), unit="tablet", code=code,
        )  # fmt: skip
        defaults = {
            "dispensing_id": uuid4(),
            "prescription_id": uuid4(),
            "patient_id": self.patient.user_id,
            "items": [item],
            "occurred_at": self.now,
        }
        if kind is DispensingReturned:
            defaults["reason"] = "not-needed"
        return kind(**(defaults | values))

    def returned(self, dispensed: Event, quantity: int) -> Event:
        return self.drugs(
            quantity,
            kind=DispensingReturned,
            item_id=dispensed.items[0].item_id,
            dispensing_id=dispensed.dispensing_id,
        )

    def tests(self, *codes: str, panel: str | None = None, priority="routine") -> Event:
        return LabOrderPlaced(
            order_id=uuid4(),
            patient_id=self.patient.user_id,
            practitioner_id=self.doctor_id,
            encounter_id=None,
            version=1,
            priority=priority,
            items=[TestItem(test_id=uuid4(), code=code, panel=panel) for code in codes],
            occurred_at=self.now,
        )

    def follow(self, order: Event, kind, *, version, items=None, **values) -> Event:
        """What becomes of tests of an order."""
        same = order.model_dump(
            include={"order_id", "patient_id", "practitioner_id", "encounter_id"}
        )
        more = {
            SpecimenReceived: {"specimen_id": uuid4()},
            SpecimenRejected: {
                "specimen_id": uuid4(), "reason": "haemolysed",
                "recollection_specimen_id": uuid4(),
            },
            TestsCancelled: {"reason": "wrong-patient"},
        }[kind]  # fmt: skip
        items = order.items if items is None else items
        return kind(**same, version=version, items=items, occurred_at=self.now, **(more | values))

    async def drafts(self) -> list[Invoice]:
        query = InvoiceQuery(patient_id=self.patient.user_id, status="draft")
        page = await self.service.invoice_reading.list_page(self.officer, query)
        return [
            await self.service.invoice_reading.get(self.officer, one.id)
            for one in reversed(page.items)
        ]

    async def draft(self) -> Invoice:
        (only,) = await self.drafts()
        return only

    async def issue(self) -> Invoice:
        draft = await self.draft()
        return await self.service.issuing.issue(self.officer, draft.id)

    async def billed(self, *events: Event) -> Invoice:
        """Tells events and issues the draft on which they land."""
        await self.tell(*events)
        return await self.issue()


@pytest.fixture
def make_service(billing_database, clock):
    def make(insurance=None, **settings) -> BillingService:
        return BillingService(
            billing_database,
            Journal(billing_database),
            settings=BillingSettings(**settings),
            insurance=insurance,
            clock=clock,
        )

    return make


@pytest.fixture
def service(make_service) -> BillingService:
    return make_service()


@pytest.fixture
async def hospital(service, clock) -> Hospital:
    await service.prices.load_demo(Principal.for_service("test"))
    return Hospital(service, clock.time)


@pytest.fixture
def rows(billing_database):
    """Runs SQL and returns the rows."""

    def run(statement: str, **values):
        with billing_database.engine.begin() as connection:
            return connection.execute(text(statement), values).all()

    return run


@pytest.fixture
def outbox_names(billing_database):
    """Names of the events that wait for delivery."""

    async def names() -> list[str]:
        query = select(outbox.c.name).order_by(outbox.c.sequence)
        return list(await billing_database.read(lambda c: c.execute(query).scalars().all()))

    return names


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(billing_database, redis_client, settings, keys):
    """Billing over ASGI, through the whole edge, below its prefix."""
    runtime = Runtime(
        "billing",
        database=billing_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    ingress = BillingDeployment(runtime).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(ingress, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def headers(keys):
    return lambda *roles, **claims: {"Authorization": f"Bearer {keys.token(*roles, **claims)}"}


__all__ = ["AppointmentEnteredInError", "AppointmentNoShow"]
