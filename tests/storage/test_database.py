"""Transactions against a real PostgreSQL: what is kept, retried, refused."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text

from storage.database import CommitUnknown, ConstraintViolated, Database, DatabaseUnavailable
from storage.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def scratch(users_database: Database) -> Any:
    with users_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE scratch (id int PRIMARY KEY, n int NOT NULL)"))
    yield users_database
    with users_database.engine.begin() as connection:
        connection.execute(text("DROP TABLE scratch"))


def count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM scratch")).scalar_one())


async def test_all_or_nothing(scratch: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO scratch VALUES (1, 1)"))
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await scratch.transact(work)
    assert await scratch.read(count) == 0


async def test_a_constraint_is_named(scratch: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO scratch VALUES (1, 1), (1, 2)"))

    with pytest.raises(ConstraintViolated) as refused:
        await scratch.transact(work)
    assert refused.value.constraint == "scratch_pkey"


async def test_deadlocks_are_retried(scratch: Database) -> None:
    def seed(connection: Connection) -> None:
        connection.execute(text("INSERT INTO scratch VALUES (1, 0), (2, 0)"))

    await scratch.transact(seed)

    def crossing(first: int, second: int) -> Any:
        def work(connection: Connection) -> None:
            for row in (first, second):
                connection.execute(text("UPDATE scratch SET n = n + 1 WHERE id = :id"), {"id": row})
                connection.execute(text("SELECT pg_sleep(0.05)"))

        return work

    await asyncio.gather(*(scratch.transact(crossing(*pair)) for pair in [(1, 2), (2, 1)]))
    total = await scratch.read(lambda c: c.execute(text("SELECT sum(n) FROM scratch")).scalar_one())
    assert total == 4


async def test_a_lost_connection_is_replaced_without_losing_the_work(scratch: Database) -> None:
    """Every idle connection is cut, as when PostgreSQL restarts."""
    await asyncio.gather(*(scratch.ping() for _ in range(8)))
    await scratch.read(
        lambda c: c.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'test-users' AND pid <> pg_backend_pid()"
            )
        ).all()
    )

    def insert(number: int) -> Any:
        return lambda c: c.execute(text("INSERT INTO scratch VALUES (:n, 0)"), {"n": number})

    await asyncio.gather(*(scratch.transact(insert(number)) for number in range(20)))
    assert await scratch.read(count) == 20


async def test_a_commit_without_an_answer_is_said_to_be_unknown(scratch: Database) -> None:
    """A deferred trigger cuts the connection while COMMIT runs."""
    with scratch.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON scratch"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()"
            )
        )
    try:
        with pytest.raises(CommitUnknown):
            await scratch.transact(lambda c: c.execute(text("INSERT INTO scratch VALUES (1, 1)")))
    finally:
        with scratch.engine.begin() as connection:
            connection.execute(text("DROP FUNCTION cut CASCADE"))


async def test_a_statement_that_takes_too_long_is_ended(
    postgres: EmbeddedPostgres, database_urls: Any
) -> None:
    database = Database(database_urls["users"], threads=1, statement_timeout_ms=100)
    with pytest.raises(DatabaseUnavailable):
        await database.read(lambda c: c.execute(text("SELECT pg_sleep(5)")))
    await database.close()


async def test_a_database_that_is_not_there_is_said_to_be_unavailable() -> None:
    database = Database("postgresql+psycopg2://nobody@127.0.0.1:1/none", threads=1)
    with pytest.raises(DatabaseUnavailable):
        await database.ping()
    await database.close()
