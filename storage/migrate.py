"""Migrations: one version folder per service, run under a lock so that two starts cannot race."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.pool import NullPool

from storage import audit, idempotency, outbox  # noqa: F401  # each adds its tables to house
from storage.columns import house
from storage.database import psycopg2_url
from storage.settings import PLAYED, Service

HERE = Path(__file__).parent
LOCK = 0x6D6564726179  # "medray"


def upgrade(service: Service, url: str, revision: str = "head") -> None:
    """Brings the service's database to `revision`; does nothing when it is there already."""
    with _locked(url) as connection:
        command.upgrade(_config(service, connection), revision)
        connection.commit()


def downgrade(service: Service, url: str, revision: str = "base") -> None:
    """Takes the service's database back to `revision`."""
    with _locked(url) as connection:
        command.downgrade(_config(service, connection), revision)
        connection.commit()


def pending(service: Service, url: str) -> list[str]:
    """Revisions that the database lacks, oldest first."""
    with _connected(url) as connection:
        script = ScriptDirectory.from_config(_config(service, connection))
        current = MigrationContext.configure(connection).get_current_revision()
        newer = script.iterate_revisions("heads", current or "base")
        return [revision.revision for revision in newer][::-1]


def differences(service: Service, url: str) -> list[str]:
    """What the tables in code and the migrated database do not agree on."""
    with _connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        both: Any = _metadata(service)  # Alembic takes several, its annotation one
        return [str(difference) for difference in compare_metadata(context, both)]


def _metadata(service: Service) -> list[MetaData]:
    """The house's tables and the service's; whom we play is not of the house."""
    theirs: MetaData = import_module(f"storage.{service}.tables").Base.metadata
    return [theirs] if service == PLAYED else [house, theirs]


def _config(service: Service, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("version_locations", str(HERE / service / "versions"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(
        psycopg2_url(url),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": 3},
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    with _connected(url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield connection
