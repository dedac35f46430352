"""The service on real PostgreSQL with fake users: one patient, who is treated by some."""

from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from deployments.access import Principal, Role
from deployments.journal import Journal
from deployments.medical_records.deployment import MedicalRecordsDeployment
from deployments.medical_records.service import RecordsService
from deployments.medical_records.settings import RecordsSettings
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from tests.deployments.gateway.conftest import Keys
from tests.factories import medical_records as factory
from tests.factories.medical_records import FakeUsers

PREFIX = "/api/v1/medical-records"


@dataclass
class World:
    """A small hospital: `doctor` and `nurse` treat `patient`, `stranger` does not.

    Attributes:
        changed: patients whose kept answers were dropped.
    """

    service: RecordsService
    users: FakeUsers
    patient: Principal
    doctor: Principal
    nurse: Principal
    stranger: Principal
    other_patient: Principal
    officer: Principal
    changed: list[UUID] = field(default_factory=list)

    @property
    def patient_id(self) -> UUID:
        return self.patient.user_id


@pytest.fixture
def users() -> FakeUsers:
    return FakeUsers()


@pytest.fixture
def changed() -> list[UUID]:
    return []


@pytest.fixture
def make_service(medical_records_database, users, clock, changed):
    async def note(patient_id: UUID) -> None:
        changed.append(patient_id)

    def make(**settings) -> RecordsService:
        return RecordsService(
            medical_records_database,
            users,
            Journal(medical_records_database),
            settings=RecordsSettings(**settings),
            clock=clock,
            changed=note,
        )

    return make


@pytest.fixture
def service(make_service) -> RecordsService:
    return make_service()


@pytest.fixture
def world(medical_records_database, users, service, changed) -> World:
    patient, other = users.add_patient(), users.add_patient()
    doctor, nurse = users.add_staff(), users.add_staff(Role.NURSE)
    with medical_records_database.engine.begin() as connection:
        factory.relate(connection, patient, doctor)
        factory.relate(connection, patient, nurse)
    officer = factory.principal(Role.PRIVACY_OFFICER)
    stranger = users.add_staff()
    return World(service, users, patient, doctor, nurse, stranger, other, officer, changed)


@pytest.fixture
def rows(medical_records_database):
    """Runs SQL and returns the rows."""

    def run(statement: str, **values):
        with medical_records_database.engine.begin() as connection:
            return connection.execute(text(statement), values).all()

    return run


@pytest.fixture
def audited(rows):
    """The audit rows, oldest first: (action, object_type, outcome, basis)."""

    def run():
        return [
            tuple(row)
            for row in rows(
                "SELECT action, object_type, outcome, basis FROM audit_log ORDER BY sequence"
            )
        ]

    return run


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
async def api(medical_records_database, redis_client, settings, keys, users):
    """The whole application behind its edge; nobody is too fast for it."""
    runtime = Runtime(
        "medical_records",
        database=medical_records_database,
        listeners={},
        settings=settings.model_copy(update={"rate_limit_per_minute": 1_000_000}),
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    application = MedicalRecordsDeployment(runtime, users).__serve_build_asgi_app__()
    transport = httpx.ASGITransport(application, root_path=PREFIX)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://medray.test{PREFIX}") as it:
        yield it


@pytest.fixture
def by(keys):
    """Headers of a signed-in person."""

    def headers(who, **more):
        return {"Authorization": f"Bearer {keys.token(*who.roles, sub=str(who.user_id))}", **more}

    return headers
