"""A laboratory on real PostgreSQL with fake charts, and the people it needs."""

import pytest
from sqlalchemy import select

from deployments.journal import Journal
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.specimen_schemas import Collection, Receipt
from storage.outbox import outbox
from tests.factories.laboratory import Staff, staff
from tests.factories.pharmacy import FakeRecords


@pytest.fixture
def records() -> FakeRecords:
    return FakeRecords()


@pytest.fixture
def people(records) -> Staff:
    return staff(records)


@pytest.fixture
def make_service(laboratory_database, records, clock):
    def make(**settings) -> LaboratoryService:
        return LaboratoryService(
            laboratory_database,
            records,
            Journal(laboratory_database),
            settings=LaboratorySettings(**settings),
            clock=clock,
        )

    return make


@pytest.fixture
def service(make_service) -> LaboratoryService:
    return make_service()


@pytest.fixture
def accepted(service, people):
    """Takes a specimen of an order from the patient to the bench; all of them when left out."""

    async def bring(order, *specimen_ids, **receipt) -> None:
        for tube in specimen_ids or [one.id for one in order.specimens]:
            await service.specimens.collect(people.nurse, tube, Collection())
            await service.specimens.receive(people.technician, tube, Receipt(**receipt))
            await service.specimens.accept(people.technician, tube)

    return bring


@pytest.fixture
def outbox_names(laboratory_database):
    """Names of the events that wait for delivery."""

    async def names() -> set[str]:
        rows = await laboratory_database.read(
            lambda connection: connection.execute(select(outbox.c.name)).scalars().all()
        )
        return set(rows)

    return names
