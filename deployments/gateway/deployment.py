"""The application at `/`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from fastapi import APIRouter
from starlette.types import ASGIApp

from deployments.gateway.health import Health, summarised
from deployments.gateway.ingress import build_ingress
from deployments.gateway.site import Site, router
from deployments.runtime import EdgeRuntime


class ServeHealth:
    """Asks Serve's controller how the applications are."""

    async def health(self) -> Health:
        """The state now."""
        from ray import serve  # noqa: PLC0415  # only inside a replica

        return summarised(await asyncio.to_thread(serve.status))


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
        self.runtime = runtime or EdgeRuntime.of_replica("gateway")

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """What Serve calls for HTTP."""
        site = Site(self._applications(), ServeHealth())
        return build_ingress([router], runtime=self.runtime, services={"service": site})

    async def check_health(self) -> None:
        """What Serve calls for health."""
        await self.runtime.check_health()
