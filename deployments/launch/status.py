"""How a running stack is: asked of Serve, of each database, and of Redis."""

import http.client
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from deployments.launch.applications import Applications
from deployments.launch.errors import LaunchError
from storage import outbox
from storage.database import psycopg2_url
from storage.settings import BUILT, Service, StorageSettings

_PATIENCE_S = 3


@dataclass(frozen=True)
class ApplicationStatus:
    """One application.

    Attributes:
        name: of the application.
        status: Serve's word, `RUNNING` when it serves.
        replicas: running ones by deployment.
        database: `reachable` or why it is not; None for an application without one.
        lag: of its outbox; None when the database cannot tell.
    """

    name: str
    status: str
    replicas: Mapping[str, int]
    database: str | None
    lag: outbox.Lag | None


@dataclass(frozen=True)
class StackStatus:
    """All of it.

    Attributes:
        applications: those that should run.
        redis: what is wrong with it, or None.
        ray: what is wrong with it, or None.
    """

    applications: list[ApplicationStatus]
    redis: str | None
    ray: str | None

    @property
    def is_well(self) -> bool:
        """Whether everything runs and can be reached."""
        serving = all(application.status == "RUNNING" for application in self.applications)
        stored = all(a.lag is not None for a in self.applications if a.database is not None)
        return serving and stored and self.redis is None and self.ray is None


def running_applications() -> Applications:
    """The applications on the Ray that the environment names, else on this machine's."""
    url = os.environ.get("RAY_DASHBOARD_ADDRESS", "http://127.0.0.1:8265")
    token = Path(os.environ.get("RAY_AUTH_TOKEN_PATH", Path.home() / ".ray" / "auth_token"))
    return Applications(urlsplit(url).netloc, token.read_text().strip() if token.exists() else "")


def find_status(applications: Applications, storage: StorageSettings) -> StackStatus:
    """The state at this moment; asks everybody and raises nothing."""
    details, trouble = _serve_details(applications)
    names = sorted({*details, *BUILT})
    return StackStatus(
        [_application(name, details.get(name, {}), storage) for name in names],
        redis=_trouble_with_redis(storage),
        ray=trouble,
    )


def _serve_details(applications: Applications) -> tuple[dict[str, Any], str | None]:
    try:
        return applications.details(), None
    except (OSError, http.client.HTTPException, LaunchError) as error:
        return {}, str(error)


def _application(
    name: str, details: Mapping[str, Any], storage: StorageSettings
) -> ApplicationStatus:
    replicas = {
        deployment: sum(r["state"] == "RUNNING" for r in found["replicas"])
        for deployment, found in details.get("deployments", {}).items()
    }
    service = next((service for service in BUILT if service == name), None)
    database, lag = _lag(service, storage) if service else (None, None)
    return ApplicationStatus(name, details.get("status", "NOT_STARTED"), replicas, database, lag)


def _lag(service: Service, storage: StorageSettings) -> tuple[str, outbox.Lag | None]:
    try:
        engine = create_engine(
            psycopg2_url(storage.database_url(service)),
            poolclass=NullPool,
            connect_args={"connect_timeout": _PATIENCE_S},
        )
        with engine.connect() as connection:
            return "reachable", outbox.lag(connection)
    except LookupError:
        return "not set", None
    except SQLAlchemyError as error:
        return type(error).__name__, None


def _trouble_with_redis(storage: StorageSettings) -> str | None:
    if storage.redis_url is None:
        return "not set"
    url = storage.redis_url.get_secret_value()
    try:
        with redis.Redis.from_url(url, socket_timeout=_PATIENCE_S) as client:
            client.ping()
    except redis.RedisError as error:
        return type(error).__name__
    return None
