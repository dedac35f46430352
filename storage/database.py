"""One service's PostgreSQL: bounded threads, short transactions, honest failures."""

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from storage import idempotency, outbox

T = TypeVar("T")
TRIES: Final = 3
RETRIED_STATES: Final = {"40001", "40P01"}  # serialization failure, deadlock


class ConstraintViolated(Exception):
    """A constraint refused the row; `args[0]` is its name, or "" when PostgreSQL names none."""

    @property
    def constraint(self) -> str:
        """Name of the constraint."""
        return str(self.args[0])


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or was too slow; nothing was written."""


class CommitUnknown(Exception):
    """The connection was lost during COMMIT: the change may or may not be there (rule R2)."""


class Database:
    """Runs blocking database work in as many threads as there are connections.

    Args:
        url: `postgresql://...`; a driver in it is replaced by psycopg2.
        threads: connections and threads; further work waits for a free one.
        application: name shown in `pg_stat_activity`.
        statement_timeout_ms: longest statement.
        lock_timeout_ms: longest wait for a lock.
        committed: called on the event loop after a commit that published events.
    """

    def __init__(
        self,
        url: str,
        *,
        threads: int = 6,
        application: str = "medray",
        statement_timeout_ms: int = 5000,
        lock_timeout_ms: int = 2000,
        committed: Callable[[], None] | None = None,
    ) -> None:
        options = (
            f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={lock_timeout_ms} "
            "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
        )
        self._engine = create_engine(
            psycopg2_url(url),
            poolclass=QueuePool,
            pool_size=threads,
            max_overflow=0,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={
                "options": options,
                "connect_timeout": 3,
                "application_name": application,
            },
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"db-{application}")
        self.committed = committed

    @property
    def engine(self) -> Engine:
        """The engine, for tests and tools that work outside the threads."""
        return self._engine

    async def transact(self, work: Callable[[Connection], T], *, keyed: bool = True) -> T:
        """Runs `work` in one transaction and returns what it returned, after COMMIT.

        When the request in progress carries an idempotency key and `keyed`, the key is locked
        first and stored with the result (a pydantic model or None) in the same transaction.

        Raises:
            ConstraintViolated: a constraint refused a row.
            DatabaseUnavailable: no connection, or a time-out; nothing was written.
            CommitUnknown: the answer to COMMIT was lost.
            idempotency.KeyInFlight: the same key is being worked on.
        """
        key = idempotency.current() if keyed else None
        published: list[int] = []

        def attempt() -> T:
            with self._engine.connect() as connection:
                if key is not None:
                    idempotency.lock(connection, key)
                connection.info["published"] = 0
                result = work(connection)
                if key is not None:
                    idempotency.store(connection, key, result)
                published.append(outbox.published_in(connection))
                _commit(connection)
                return result

        result = await self._run(attempt)
        if published[-1] and self.committed is not None:
            self.committed()
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` outside a transaction; each statement sees what is committed.

        Raises:
            DatabaseUnavailable: no connection, or a time-out.
        """

        def attempt() -> T:
            with self._engine.connect() as connection, _autocommit(connection):
                return work(connection)

        return await self._run(attempt)

    async def ping(self) -> None:
        """One `SELECT 1` within a second.

        Raises:
            DatabaseUnavailable: it did not answer.
        """
        try:
            async with asyncio.timeout(1):
                await self.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
        except TimeoutError:
            raise DatabaseUnavailable("no answer within 1 s") from None

    async def close(self) -> None:
        """Waits for running work, then closes every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    async def _run(self, attempt: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        for tries_left in reversed(range(TRIES)):
            try:
                return await loop.run_in_executor(self._threads, copy_context().run, attempt)
            except DBAPIError as error:
                if not (tries_left and _worth_retrying(error)):
                    raise _translated(error) from None
            await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311
        raise AssertionError("unreachable: the last try returns or raises")


def psycopg2_url(url: str) -> URL:
    """The URL with the driver that we use, whichever it names; operators write `postgresql://`."""
    return make_url(url).set(drivername="postgresql+psycopg2")


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    """No BEGIN and no COMMIT: one round trip for each statement.

    Set on psycopg2 itself, since SQLAlchemy's isolation levels cost a round trip each way.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CommitUnknown("the connection was lost during COMMIT") from None
        raise


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


def _worth_retrying(error: DBAPIError) -> bool:
    """Deadlocks, and connections that were lost before COMMIT was sent."""
    return _state(error) in RETRIED_STATES or error.connection_invalidated


def _translated(error: DBAPIError) -> Exception:
    diagnostics: Any = getattr(error.orig, "diag", None)
    if isinstance(error, IntegrityError):
        return ConstraintViolated(getattr(diagnostics, "constraint_name", None) or "")
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return DatabaseUnavailable(_state(error) or "no connection")
    return error
