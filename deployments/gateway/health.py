"""How every application is: for people at the command line and for machines over HTTP."""

from typing import Any, Literal, Protocol

from deployments.schemas import Schema


class ApplicationHealth(Schema):
    """One Serve application.

    Attributes:
        status: Serve's word, `RUNNING` when it serves.
        replicas: running ones by deployment.
    """

    name: str
    status: str
    replicas: dict[str, int]


class Health(Schema):
    """All of them together; `ready` when every application runs."""

    status: Literal["ready", "starting"]
    applications: list[ApplicationHealth]


class Alive(Schema):
    """The process answers."""

    status: Literal["live"] = "live"


class HealthSource(Protocol):
    """Where the state of the applications comes from."""

    async def health(self) -> Health:
        """The state now."""


def summarised(serve_status: Any) -> Health:
    """What `ray.serve.status()` says, in our words."""
    applications = [
        ApplicationHealth(
            name=name,
            status=str(application.status.value),
            replicas={
                deployment: int(overview.replica_states.get("RUNNING", 0))
                for deployment, overview in application.deployments.items()
            },
        )
        for name, application in sorted(serve_status.applications.items())
    ]
    ready = bool(applications) and all(item.status == "RUNNING" for item in applications)
    return Health(status="ready" if ready else "starting", applications=applications)
