"""The migrations make what the tables in code say, rules included, and can be taken back."""

import pytest
from sqlalchemy import Connection, create_engine, text

from storage import migrate
from storage.database import psycopg2_url
from storage.embedded.postgres import EmbeddedPostgres
from storage.medical_records.tables import Base

TABLES = {table.name for table in Base.metadata.sorted_tables}
RULES = text(
    "SELECT relname, conname, pg_get_constraintdef(found.oid) FROM pg_constraint AS found"
    " JOIN pg_class ON pg_class.oid = conrelid"
    " WHERE relnamespace = CAST(:place AS regnamespace) AND contype IN ('c', 'x', 'u', 'p', 'f')"
)


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    postgres.create_database("medical_records_migrations")
    return postgres.url("medical_records_migrations")


def test_up_down_and_up_again_ends_with_what_the_code_says(url):
    for _ in range(2):
        migrate.upgrade("medical_records", url)
        assert migrate.pending("medical_records", url) == []
        assert migrate.differences("medical_records", url) == []
        migrate.downgrade("medical_records", url)
        assert migrate.pending("medical_records", url)[0] == "0001"


def test_the_rules_of_rows_are_those_of_the_code(database_urls):
    """Alembic compares no CHECK constraints, so the code's tables are made beside the real ones."""
    engine = create_engine(psycopg2_url(database_urls["medical_records"]))
    with engine.connect() as connection:
        migrated = _rules(connection, "public")
        connection.execute(text("CREATE SCHEMA code"))
        connection.execute(text("SET search_path TO code, public"))
        Base.metadata.create_all(connection, checkfirst=False)
        written = _rules(connection, "code")
        connection.rollback()
    engine.dispose()
    assert migrated == written


def _rules(connection: Connection, place: str) -> set[tuple[str, ...]]:
    rows = connection.execute(RULES, {"place": place})
    return {
        tuple(part.replace(f"{place}.", "") for part in row) for row in rows if row[0] in TABLES
    }
