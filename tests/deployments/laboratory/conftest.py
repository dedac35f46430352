"""A laboratory on real PostgreSQL with fake charts, and the people it needs."""

import httpx
import pytest
from sqlalchemy import select

from deployments.journal import Journal
from deployments.laboratory.deployment import LaboratoryDeployment
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.specimen_schemas import Collection, Receipt
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from storage.outbox import outbox
from tests.deployments.gateway.conftest import Keys
from tests.factories.laboratory import Staff, staff
from tests.factories.pharmacy import FakeRecords

PREFIX = "/api/v1/laboratory"


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


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(laboratory_database, redis_client, settings, keys, records):
    """The laboratory over ASGI, through the whole edge, below its prefix."""
    runtime = Runtime(
        "laboratory",
        database=laboratory_database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    ingress = LaboratoryDeployment(runtime, records).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(ingress, root_path=PREFIX)
    base = f"http://medray.test{PREFIX}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


@pytest.fixture
def headers(keys):
    return lambda *roles: {"Authorization": f"Bearer {keys.token(*roles)}"}
