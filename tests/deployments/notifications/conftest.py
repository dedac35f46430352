"""A listener and a service on the real database, with users from memory."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from actors.patient_sessions import PatientSessionsShard
from actors.shards import LocalShards
from deployments.access import Role
from deployments.events import Event
from deployments.metrics import Metrics
from deployments.notifications.deployment import NotificationsDeployment
from deployments.notifications.hearing import Listener
from deployments.notifications.service import NotificationService
from deployments.runtime import Runtime
from storage.database import Database
from storage.notifications.tables import Base, LogEntry
from tests.deployments.gateway.conftest import Keys
from tests.factories.notifications import FakeUsers, contact, doctor, sealed
from tests.factories.pharmacy import FakeRecords


@pytest.fixture
def patient():
    return contact()


@pytest.fixture
def practitioner():
    return doctor()


@pytest.fixture
def users(patient, practitioner):
    return FakeUsers(patient, practitioner)


class House:
    """The notifications of one test: tell it events, look at its rows."""

    def __init__(self, database: Database, users: FakeUsers, clock: Any) -> None:
        self.database = database
        self.users = users
        self.clock = clock
        self.told: list[Collection[UUID]] = []
        self.listener = Listener(database, users, told=self.told.append, clock=clock)
        self.service = NotificationService(database, clock=clock)

    async def hear(self, *events: Event) -> list[str | None]:
        return await self.listener.hear(sealed(*events))

    async def rows(self, table: type[Base]) -> list[SimpleNamespace]:
        query = select(table.__table__).order_by(*table.__table__.primary_key)
        found = await self.database.read(lambda connection: connection.execute(query).all())
        return [SimpleNamespace(**row._mapping) for row in found]

    async def steps(self) -> list[tuple[str, str, str | None]]:
        return [(it.channel, it.step, it.reason) for it in await self.rows(LogEntry)]


@pytest.fixture
def house(notifications_database, users, clock):
    return House(notifications_database, users, clock)


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def shards():
    """Of patient sessions, shared by the replicas of one test."""
    return LocalShards(lambda: PatientSessionsShard("patient-sessions-0"))


def make_deployment(
    database, redis_client, settings, keys, users, notification_settings=None, **about
):
    runtime = Runtime(
        "notifications",
        database=database,
        listeners={},
        settings=settings,
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    return NotificationsDeployment(runtime, users, notification_settings, **about)


@pytest.fixture
def records():
    return FakeRecords()


@pytest.fixture
def deployment(notifications_database, redis_client, settings, keys, users, shards, records):
    return make_deployment(
        notifications_database,
        redis_client,
        settings,
        keys,
        users,
        shards=shards,
        records=records,
    )


@pytest.fixture
def sign_in(keys):
    """Makes the headers of a signed-in person."""

    def headers(user_id: UUID, *roles: Role, **claims: Any) -> dict[str, str]:
        token = keys.token(*(roles or (Role.PATIENT,)), sub=str(user_id), **claims)
        return {"Authorization": f"Bearer {token}"}

    return headers
