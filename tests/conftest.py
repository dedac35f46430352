"""Real PostgreSQL and Redis for everybody, made once; a clean database for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import ray
from sqlalchemy import text

from deployments.launch.databases import upgrade
from deployments.settings import Settings
from storage import redis
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.settings import Service, databases

STARTING_S = 400
"""Time limit of a test on the cluster."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--red",
        action="append",
        default=[],
        help="take a safeguard away, by name; the test that proves it must then fail",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Whoever comes first starts the hospital, and needs the time for it."""
    if item.get_closest_marker("cluster") and item.get_closest_marker("timeout") is None:
        item.add_marker(pytest.mark.timeout(STARTING_S))


@pytest.fixture
def red(request: pytest.FixtureRequest) -> Callable[[str], bool]:
    """Whether the safeguard of this name was taken away by `--red NAME`."""
    names = request.config.getoption("--red")
    return lambda name: name in names


class FixedClock:
    """A clock that stands still until told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture(autouse=True)
def _no_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests marked `cluster` or `chaos` may start Ray."""
    if request.node.get_closest_marker("cluster") or request.node.get_closest_marker("chaos"):
        return

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("this test is not marked `cluster`")

    monkeypatch.setattr(ray, "init", refuse)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(environment="test", data_dir=tmp_path)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="medray-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(folder: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis_client(redis_server: EmbeddedRedis) -> AsyncIterator[redis.Redis]:
    client = redis.connect(redis_server.url())
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def database_urls(postgres: EmbeddedPostgres) -> dict[Service, str]:
    """A migrated database for each service."""
    urls: dict[Service, str] = {}
    for service in databases(production=False):
        postgres.create_database(service)
        urls[service] = postgres.url(service)
        upgrade(service, urls[service])
    return urls


async def _clean(url: str, service: Service) -> AsyncIterator[Database]:
    database = Database(url, threads=8, application=f"test-{service}")
    yield database
    with database.engine.begin() as connection:
        tables = connection.execute(
            text(
                "SELECT string_agg(quote_ident(tablename), ',') FROM pg_tables"
                " WHERE schemaname = 'public'"
                " AND tablename NOT IN ('alembic_version', 'appointment_reasons',"
                " 'concepts', 'terminology_releases', 'test_types', 'panel_members',"
                " 'test_parameters', 'reference_limits', 'catalogue_releases')"
            )
        ).scalar_one()
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    await database.close()


@pytest.fixture
async def users_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["users"], "users"):
        yield database


@pytest.fixture
async def appointments_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["appointments"], "appointments"):
        yield database


@pytest.fixture
async def notifications_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["notifications"], "notifications"):
        yield database


@pytest.fixture
async def medical_records_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["medical_records"], "medical_records"):
        yield database


@pytest.fixture
async def pharmacy_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["pharmacy"], "pharmacy"):
        yield database


@pytest.fixture
async def chatbot_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["chatbot"], "chatbot"):
        yield database


@pytest.fixture
async def laboratory_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["laboratory"], "laboratory"):
        yield database


@pytest.fixture
async def simulators_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["simulators"], "simulators"):
        yield database


@pytest.fixture
async def billing_database(database_urls: dict[Service, str]) -> AsyncIterator[Database]:
    async for database in _clean(database_urls["billing"], "billing"):
        yield database
