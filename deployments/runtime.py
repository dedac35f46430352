"""What every replica has: the edge's machinery, and for services a database and a relay."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self
from uuid import UUID

from deployments.access import Principal
from deployments.background import Background
from deployments.calls import Remote
from deployments.clock import utc_now
from deployments.errors import Unavailable
from deployments.events import Envelope
from deployments.gateway.authentication import Authenticator, KeySource
from deployments.gateway.cache import ResponseCache
from deployments.gateway.health import Vitals
from deployments.gateway.rate_limit import RateLimiter
from deployments.journal import Journal, audit_row
from deployments.metrics import Metrics, RayMetrics
from deployments.relay import Hear, Relay
from deployments.sealing import Sealer, Witness, sealing_key
from deployments.settings import Settings, get_settings
from deployments.subscriptions import DEPLOYMENTS
from deployments.users.client import UsersClient
from storage import idempotency, outbox, redis
from storage.audit import Outcome
from storage.database import Database, DatabaseUnavailable
from storage.settings import Service, StorageSettings

Recheck = Callable[[Principal, Mapping[str, Any]], Awaitable[None]]
"""Gets the caller, and what the answer and the path say."""


class EdgeRuntime:
    """The machinery of an ingress without a database of its own.

    Args:
        name: of the application.
        settings: of the process.
        redis_client: shared with the other replicas, may be lost.
        keys: where signing keys and revocations come from.
        metrics: where things are counted.

    Attributes:
        inside_serve: whether this is a replica of Ray Serve.
        may_know_again: a service whose callers may lose access is asked before it answers a
            key again; it raises NotFound.
    """

    inside_serve = False
    may_know_again: Recheck | None = None

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        redis_client: redis.Redis,
        keys: KeySource,
        metrics: Metrics,
    ) -> None:
        self.name = name
        self.settings = settings
        self.redis = redis_client
        self.metrics = metrics
        self.background = Background()
        self.authenticator = Authenticator(keys, issuer=settings.issuer, audience=settings.audience)
        self.rate_limiter = RateLimiter(redis_client)
        self.cache = ResponseCache(redis_client, name)
        self._to_close: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    def of_replica(cls, name: str) -> Self:
        """The runtime of a replica inside Serve, from `MEDRAY_...` settings."""
        runtime = cls(
            name,
            settings=get_settings(),
            redis_client=redis.connect(StorageSettings().redis()),
            keys=UsersClient(Remote("users", "Users")),
            metrics=RayMetrics(),
        )
        runtime.inside_serve = True
        return runtime

    def start(self) -> None:
        """Starts the loops that every application has; a service adds its own."""
        self.background.start("authenticator", self.authenticator.keep_current)

    def close_at_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Has `close` called when the application stops, after its loops have."""
        self._to_close.append(close)

    async def stop(self) -> None:
        """Stops the loops and lets go of connections."""
        await self.background.stop()
        for close in self._to_close:
            await close()
        await self.redis.aclose()

    async def stored_answer(self, caller: str, key: str) -> idempotency.Stored | None:  # noqa: ARG002
        """What was answered under an idempotency key; nothing is stored without a database."""
        return None

    async def audit(
        self, caller: Principal, verb: str, kind: str, patient_id: UUID, outcome: Outcome
    ) -> None:
        """Writes an audit row for the edge; without a database there is no patient's data."""

    async def check_health(self) -> None:
        """Passes when every loop is supervised (rule R15).

        Raises:
            Unavailable: Serve then replaces the replica.
        """
        if not self.background.healthy():
            raise Unavailable("a background loop has ended")


class Runtime(EdgeRuntime):
    """The machinery of a service's replica.

    Args:
        name: of the service.
        database: the service's PostgreSQL.
        listeners: by application, how events reach it.
        settings: of the process.
        redis_client: shared with the other replicas, may be lost.
        keys: where signing keys and revocations come from.
        metrics: where things are counted.
        witness: remembers the end of the audit chain; nothing is sealed without one.

    Attributes:
        journal: writes audit rows of what has no transaction of its own.
    """

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        listeners: Mapping[str, Hear],
        settings: Settings,
        redis_client: redis.Redis,
        keys: KeySource,
        metrics: Metrics,
        witness: Witness | None = None,
    ) -> None:
        super().__init__(
            name, settings=settings, redis_client=redis_client, keys=keys, metrics=metrics
        )
        self.database = database
        self.relay = Relay(database, listeners, metrics)
        self.journal = Journal(database)
        self._sealer = witness and Sealer(
            database, name, sealing_key(settings.secret_key.get_secret_value(), name), witness
        )
        database.committed = self.relay.wake

    @classmethod
    def of_service(
        cls, service: Service, keys: Callable[[Database], KeySource] | None = None
    ) -> Self:
        """The runtime of a service's replica inside Serve, from `MEDRAY_...` settings.

        Args:
            service: whose.
            keys: makes the key source from the database; None asks users by handle.
        """
        storage = StorageSettings()
        database = open_database(service, storage)
        runtime = cls(
            service,
            database=database,
            listeners={name: _hear_by_handle(name) for name in DEPLOYMENTS},
            settings=get_settings(),
            redis_client=redis.connect(storage.redis()),
            keys=keys(database) if keys else UsersClient(Remote("users", "Users")),
            metrics=RayMetrics(),
            witness=UsersClient(Remote("users", "Users")),
        )
        runtime.inside_serve = True
        return runtime

    def start(self) -> None:
        """Starts the loops that every service has."""
        super().start()
        self.background.start("relay", self.relay.run)
        self.background.start("housekeeping", self.relay.keep_house)
        if self._sealer:
            self.background.start("sealer", self._sealer.run)

    async def stop(self) -> None:
        """Stops the loops and lets go of connections."""
        await super().stop()
        await self.database.close()

    async def stored_answer(self, caller: str, key: str) -> idempotency.Stored | None:
        """What was answered under an idempotency key."""
        return await self.database.read(
            lambda connection: idempotency.find(connection, caller, key)
        )

    async def audit(
        self, caller: Principal, verb: str, kind: str, patient_id: UUID, outcome: Outcome
    ) -> None:
        """Writes an audit row of what the edge answers by itself: from the cache, or no.

        Raises:
            DatabaseUnavailable: it is not written, so the caller must not be answered.
        """
        row = audit_row(
            caller,
            f"{self.name}.{verb}",
            kind,
            None,
            utc_now(),
            patient_id=patient_id,
            outcome=outcome,
            basis="as answered before" if outcome == "success" else None,
        )
        await self.journal.write(row)

    async def check_health(self) -> None:
        """Passes when the database answers and every loop is supervised (rule R15).

        Raises:
            Unavailable: Serve then replaces the replica.
        """
        await super().check_health()
        try:
            await self.database.ping()
        except DatabaseUnavailable as error:
            raise Unavailable(f"database: {error}") from None

    async def vitals(self) -> Vitals:
        """What this replica sees of its database, Redis and outbox."""
        try:
            lag = await self.database.read(outbox.lag)
        except DatabaseUnavailable:
            lag = None
        return Vitals(
            database=lag is not None,
            redis=await redis.answers(self.redis),
            pending_events=lag.pending if lag else 0,
            oldest_event_s=lag.oldest_s if lag else 0.0,
            dead_events=lag.dead if lag else 0,
        )


def open_database(service: Service, storage: StorageSettings) -> Database:
    """The service's database with the limits of the settings."""
    return Database(
        storage.database_url(service),
        threads=storage.database_threads,
        application=f"medray-{service}",
        statement_timeout_ms=storage.statement_timeout_ms,
        lock_timeout_ms=storage.lock_timeout_ms,
    )


def _hear_by_handle(application: str) -> Hear:
    remote = Remote(application, DEPLOYMENTS[application])

    async def hear(envelopes: list[Envelope]) -> list[str | None]:
        heard: list[str | None] = await remote.call("hear", envelopes, timeout_s=10)
        return heard

    return hear
