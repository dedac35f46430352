"""What every replica of a service has: database, Redis, relay, authenticator, loops."""

from collections.abc import Callable, Mapping
from typing import Self

from deployments.background import Background
from deployments.calls import Remote
from deployments.errors import Unavailable
from deployments.events import Envelope
from deployments.gateway.authentication import Authenticator, KeySource
from deployments.gateway.cache import ResponseCache
from deployments.gateway.rate_limit import RateLimiter
from deployments.metrics import Metrics, RayMetrics
from deployments.relay import Hear, Relay
from deployments.settings import Settings, get_settings
from deployments.subscriptions import DEPLOYMENTS
from deployments.users.client import UsersClient
from storage import redis
from storage.database import Database, DatabaseUnavailable
from storage.settings import Service, StorageSettings


class Runtime:
    """The machinery of one replica; the service's own classes know nothing of it.

    Args:
        service: whose database this is.
        settings: of the process.
        database: the service's PostgreSQL.
        redis_client: shared with the other replicas, may be lost.
        keys: where signing keys and revocations come from.
        listeners: by application, how events reach it.
        metrics: where things are counted.
    """

    def __init__(
        self,
        service: str,
        *,
        settings: Settings,
        database: Database,
        redis_client: "redis.Redis",
        keys: KeySource,
        listeners: Mapping[str, Hear],
        metrics: Metrics,
    ) -> None:
        self.service = service
        self.settings = settings
        self.database = database
        self.redis = redis_client
        self.metrics = metrics
        self.background = Background()
        self.authenticator = Authenticator(
            keys, issuer=settings.issuer, audience=settings.audience
        )
        self.rate_limiter = RateLimiter(redis_client)
        self.cache = ResponseCache(redis_client, service)
        self.relay = Relay(database, listeners, metrics)
        database.committed = self.relay.wake

    @classmethod
    def from_settings(cls, service: Service, keys: Callable[[Database], KeySource] | None = None) -> Self:
        """The runtime of a replica inside Serve, from `MEDRAY_...` settings.

        Args:
            service: whose.
            keys: makes the key source from the database; None asks users by handle.
        """
        storage = StorageSettings()
        database = open_database(service, storage)
        return cls(
            service,
            settings=get_settings(),
            database=database,
            redis_client=redis.connect(storage.redis()),
            keys=keys(database) if keys else UsersClient(Remote("users", "Users")),
            listeners={name: _hear_by_handle(name) for name in DEPLOYMENTS},
            metrics=RayMetrics(),
        )

    def start(self) -> None:
        """Starts the loops that every service has; the service adds its own."""
        self.background.start("relay", self.relay.run)
        self.background.start("housekeeping", self.relay.keep_house)
        self.background.start("authenticator", self.authenticator.keep_current)

    async def stop(self) -> None:
        """Stops the loops and lets go of connections."""
        await self.background.stop()
        await self.redis.aclose()
        await self.database.close()

    async def check_health(self) -> None:
        """Passes when the database answers and every loop is supervised (rule R15).

        Raises:
            Unavailable: Serve then replaces the replica.
        """
        try:
            await self.database.ping()
        except DatabaseUnavailable as error:
            raise Unavailable(f"database: {error}") from None
        if not self.background.healthy():
            raise Unavailable("a background loop has ended")


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
