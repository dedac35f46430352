"""A service on real PostgreSQL with fake people, one doctor with hours, one patient."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from deployments.access import Principal
from deployments.appointments import calendar, recording, upkeep
from deployments.appointments.schemas import Appointment, AppointmentRequest
from deployments.appointments.service import AppointmentService
from deployments.appointments.settings import AppointmentSettings
from tests.factories import appointments as factory
from tests.factories.appointments import FakePeople


@dataclass
class World:
    """A small hospital."""

    service: AppointmentService
    people: FakePeople
    doctor: Principal
    patient: Principal
    reason_id: UUID

    def request(self, start, **values) -> AppointmentRequest:
        defaults = {"practitioner_id": self.doctor.user_id, "reason_id": self.reason_id}
        return AppointmentRequest(start=start, **(defaults | values))

    async def book(self, start, caller: Principal | None = None, **values) -> Appointment:
        request = self.request(start, **values)
        return await self.service.booking.book(caller or self.patient, request)

    async def hold(self, start, caller: Principal | None = None, **values) -> Appointment:
        request = self.request(start, **values)
        return await self.service.booking.hold(caller or self.patient, request)


@pytest.fixture
def people() -> FakePeople:
    return FakePeople()


@pytest.fixture
def make_service(appointments_database, people, clock):
    def make(**settings) -> AppointmentService:
        return AppointmentService(
            appointments_database,
            people,
            time_zone=factory.ZONE,
            settings=AppointmentSettings(directory_cache_s=0, **settings),
            clock=clock,
        )

    return make


@pytest.fixture
def world(appointments_database, people, make_service) -> World:
    doctor, patient = people.add_doctor(), people.add_patient()
    with appointments_database.engine.begin() as connection:
        factory.add_hours(connection, doctor.user_id)
        reason_id = factory.reason_id(connection)
    return World(make_service(), people, doctor, patient, reason_id)


@pytest.fixture
def rows(appointments_database):
    """Runs SQL and returns the rows."""

    def run(statement: str, **values):
        with appointments_database.engine.begin() as connection:
            return connection.execute(text(statement), values).all()

    return run


@pytest.fixture
def published(monkeypatch):
    """Events published by the test, whoever listens."""
    found = []
    for module in (calendar, recording, upkeep):
        real = module.publish

        def publish(connection, *events, real=real):
            found.extend(events)
            real(connection, *events)

        monkeypatch.setattr(module, "publish", publish)
    return found
