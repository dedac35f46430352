"""The databases that a stack needs: ours, or the ones whose URLs were given."""

from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from deployments.laboratory import catalogue_files
from deployments.launch.errors import LaunchError
from deployments.medical_records import terminology_loading
from storage import migrate
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.redis import EmbeddedRedis
from storage.settings import Service, StorageSettings, databases


class Databases:
    """PostgreSQL and Redis of one stack; embedded where no URL was given.

    Raises:
        LaunchError: production, and a URL is missing.
    """

    def __init__(self, data_dir: Path, settings: StorageSettings, *, production: bool) -> None:
        """Decide what is ours; start nothing yet."""
        needed = databases(production=production)
        missing = [service for service in needed if not _is_given(settings, service)]
        names = [f"MEDRAY_{service.upper()}_DATABASE_URL" for service in missing]
        names += [] if settings.redis_url else ["MEDRAY_REDIS_URL"]
        if production and names:
            raise LaunchError(f"set {', '.join(names)}: production brings no servers of its own")
        self._given = {s: settings.database_url(s) for s in needed if s not in missing}
        self._embedded: list[Service] = missing
        self._postgres = EmbeddedPostgres(data_dir) if missing else None
        self._redis = None if settings.redis_url else EmbeddedRedis(data_dir)

    def start(self) -> None:
        """Start what is ours; afterwards every URL is known."""
        if self._redis:
            self._redis.start()
        if self._postgres:
            self._postgres.start()
            for service in self._embedded:
                self._postgres.create_database(service)

    def stop(self) -> None:
        """Stop what is ours."""
        for server in (self._redis, self._postgres):
            if server:
                server.stop()

    def revive(self) -> list[str]:
        """Start again what is ours and died; the names of what did."""
        died = []
        if self._redis and not self._redis.is_running():
            self._redis.start()
            died.append("Redis")
        if self._postgres and not self._postgres.is_running():
            self._postgres.start()
            died.append("PostgreSQL")
        return died

    def variables(self) -> dict[str, str]:
        """The URLs of what is ours, by the setting that tells a service."""
        urls = {"MEDRAY_REDIS_URL": self._redis.url()} if self._redis else {}
        if self._postgres:
            for service in self._embedded:
                urls[f"MEDRAY_{service.upper()}_DATABASE_URL"] = self._postgres.url(service)
        return urls

    def migrate(self) -> None:
        """Bring our own databases up to date, and see that the given ones are.

        Raises:
            LaunchError: a given database cannot be reached or lacks a migration.
        """
        for service, url in self._given.items():
            if pending := pending_migrations(service, url):
                raise LaunchError(
                    f"{service} lacks migration {', '.join(pending)}: run `medray migrate`"
                )
        if self._postgres:
            for service in self._embedded:
                upgrade(service, self._postgres.url(service))


def pending_migrations(service: Service, url: str) -> list[str]:
    """Revisions that the database lacks.

    Raises:
        LaunchError: it cannot be reached, or is newer than this code.
    """
    try:
        return migrate.pending(service, url)
    except OperationalError as error:
        raise _unreachable(service, url, error) from None
    except CommandError as error:
        raise _too_new(service, error) from None


def upgrade(service: Service, url: str) -> None:
    """Bring one database up to date, with the terminologies that it holds.

    Raises:
        LaunchError: it cannot be reached, or is newer than this code.
    """
    try:
        migrate.upgrade(service, url)
        if service == "medical_records":
            terminology_loading.load_at(url)
        if service == "laboratory":
            catalogue_files.load_at(url)
    except OperationalError as error:
        raise _unreachable(service, url, error) from None
    except CommandError as error:
        raise _too_new(service, error) from None


def _is_given(settings: StorageSettings, service: Service) -> bool:
    try:
        settings.database_url(service)
    except LookupError:
        return False
    return True


def _unreachable(service: Service, url: str, error: OperationalError) -> LaunchError:
    shown = make_url(url).render_as_string(hide_password=True)
    reason = str(error.orig).strip().splitlines()[0]
    return LaunchError(
        f"cannot reach {shown} ({reason}): check MEDRAY_{service.upper()}_DATABASE_URL"
    )


def _too_new(service: Service, error: CommandError) -> LaunchError:
    return LaunchError(f"{service}'s database is newer than this medray ({error}): update medray")
