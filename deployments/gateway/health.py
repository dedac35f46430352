"""How every application is: the same for people at the command line and for machines over HTTP."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from deployments.schemas import Schema


class Vitals(Schema):
    """What a service's replica sees of what it stands on.

    Attributes:
        database: whether its PostgreSQL answers.
        redis: whether Redis answers; without it the service goes on, more slowly.
        pending_events: events not yet delivered.
        oldest_event_s: age of the oldest of them, seconds.
        dead_events: events given up on, waiting for a replay.
    """

    database: bool
    redis: bool
    pending_events: int
    oldest_event_s: float
    dead_events: int


class ApplicationHealth(Schema):
    """One Serve application.

    Attributes:
        status: Serve's word, `RUNNING` when it serves.
        replicas: running ones by deployment.
        vitals: null for what has no database, and while no replica answers.
    """

    name: str
    status: str
    replicas: dict[str, int]
    vitals: Vitals | None = None


class Health(Schema):
    """All of them together; `ready` when every application runs and reaches its database."""

    status: Literal["ready", "starting"]
    applications: list[ApplicationHealth]


class Alive(Schema):
    """The process answers."""

    status: Literal["live"] = "live"


class HealthSource(Protocol):
    """Where the state of the applications comes from."""

    async def health(self) -> Health:
        """The state now."""


def summarised(serve_status: Any, vitals: Mapping[str, Vitals | None]) -> Health:
    """What `ray.serve.status()` and the services say, in our words.

    Args:
        serve_status: of all applications.
        vitals: of each service by application; None when none of its replicas answered.
    """
    applications = [
        ApplicationHealth(
            name=name,
            status=str(application.status.value),
            replicas={
                deployment: int(overview.replica_states.get("RUNNING", 0))
                for deployment, overview in application.deployments.items()
            },
            vitals=vitals.get(name),
        )
        for name, application in sorted(serve_status.applications.items())
    ]
    running = bool(applications) and all(one.status == "RUNNING" for one in applications)
    reaching = all(found is not None and found.database for found in vitals.values())
    return Health(status="ready" if running and reaching else "starting", applications=applications)
