"""Every ingress is made here, so that no service can forget a part of the edge."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from deployments.errors import DomainError
from deployments.gateway import problems
from deployments.gateway.middleware import Edge
from deployments.gateway.policy import UndeclaredPolicy, policy_of
from deployments.gateway.route import GatewayRoute
from deployments.runtime import EdgeRuntime

HANDLED = (DomainError, RequestValidationError, HTTPException, Exception)


def build_ingress(
    routers: Sequence[APIRouter],
    *,
    runtime: EdgeRuntime,
    services: Mapping[str, object],
    start: Callable[[], None] | None = None,
) -> ASGIApp:
    """The ASGI application of one service, with the whole edge around its routes.

    Args:
        routers: made by `gateway_router`.
        runtime: the replica's machinery; started and stopped with the application.
        services: what `service_of` finds, by name; the main one is called `service`.
        start: starts the service's own loops.

    Raises:
        UndeclaredPolicy: a route declares no policy, or goes round the edge.
    """
    application = assemble(routers)
    application.state.runtime = runtime
    application.state.services = services
    application.router.lifespan_context = _lifespan(runtime, start)
    if runtime.settings.cors_origins:
        application.add_middleware(CORSMiddleware, **_cors(runtime.settings.cors_origins))
    return Edge(application, runtime.metrics, inside_serve=runtime.inside_serve)


def assemble(routers: Sequence[APIRouter]) -> FastAPI:
    """The routes alone, without a runtime: what OpenAPI and the role matrix are made from."""
    application = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, title="medray"
    )
    for router in routers:
        check_declared(router.routes)
        application.include_router(router)
    for kind in HANDLED:
        application.add_exception_handler(kind, problems.handle)
    return application


def check_declared(routes: Sequence[BaseRoute]) -> None:
    """Passes when every route declares a policy and goes through the edge.

    Raises:
        UndeclaredPolicy: names the first that does not.
    """
    for route in routes:
        match route:
            case GatewayRoute() | APIWebSocketRoute():
                policy_of(route.endpoint)
            case APIRoute():
                raise UndeclaredPolicy(f"{route.path} was not made by gateway_router")
            case _:
                raise UndeclaredPolicy(f"{route} is not a route of gateway_router")


def _cors(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": [
            *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"),
            "X-Request-Id",
        ],
        "expose_headers": [
            *("ETag", "Idempotency-Replayed", "Location", "RateLimit", "RateLimit-Policy"),
            *("Retry-After", "X-Request-Id"),
        ],
    }


def _lifespan(runtime: EdgeRuntime, start: Callable[[], None] | None) -> Any:
    @asynccontextmanager
    async def lifespan(_application: FastAPI) -> AsyncIterator[None]:
        runtime.start()
        if start is not None:
            start()
        try:
            yield
        finally:
            await runtime.stop()

    return lifespan
