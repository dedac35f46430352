"""The application at `/`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastapi import APIRouter
from starlette.types import ASGIApp

from deployments.calls import Remote
from deployments.errors import DomainError
from deployments.gateway.health import Health, Vitals, summarised
from deployments.gateway.ingress import build_ingress
from deployments.gateway.site import Site, router
from deployments.runtime import EdgeRuntime

GATEWAY: Final = "gateway"


class ServeHealth:
    """Asks Serve's controller how the applications are, and each service how it is."""

    def __init__(self) -> None:
        self._remotes: dict[str, Remote] = {}

    async def health(self) -> Health:
        """The state now."""
        from ray import serve  # noqa: PLC0415  # only inside a replica

        status = await asyncio.to_thread(serve.status)
        deployments = {
            name: next(iter(application.deployments))
            for name, application in status.applications.items()
            if name != GATEWAY and application.deployments
        }
        found = await asyncio.gather(*(self._vitals(*one) for one in deployments.items()))
        return summarised(status, dict(zip(deployments, found, strict=True)))

    async def _vitals(self, application: str, deployment: str) -> Vitals | None:
        remote = self._remotes.setdefault(application, Remote(application, deployment))
        try:
            found: Vitals = await remote.call("vitals", retry=True, timeout_s=2)
        except DomainError:
            return None
        return found


class GatewayDeployment:
    """Landing page, documentation and health of everything.

    Args:
        applications: gives the routers by route prefix, for the merged OpenAPI document.
        runtime: for tests; made from the settings when None.
    """

    def __init__(
        self,
        applications: Callable[[], Mapping[str, Sequence[APIRouter]]],
        runtime: EdgeRuntime | None = None,
    ) -> None:
        self._applications = applications
        self.runtime = runtime or EdgeRuntime.of_replica(GATEWAY)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """What Serve calls for HTTP."""
        site = Site(self._applications(), ServeHealth())
        return build_ingress([router], runtime=self.runtime, services={"service": site})

    async def check_health(self) -> None:
        """What Serve calls for health."""
        await self.runtime.check_health()
