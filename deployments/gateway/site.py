"""The application at `/`: landing page, documentation, health; it serves no medical data."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

import fastapi_offline
from fastapi import APIRouter, Depends
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from deployments.errors import NotFound, Unavailable
from deployments.gateway.dependencies import service_of
from deployments.gateway.health import Alive, Health, HealthSource
from deployments.gateway.openapi import merged
from deployments.gateway.policy import PUBLIC, policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router

ASSETS: Final = Path(fastapi_offline.__file__).parent / "static"
ASSET_NAMES: Final = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"})
PAGE_POLICY: Final = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
}
LANDING: Final = (Path(__file__).parent / "landing.html").read_text()


class Site:
    """What the routes below show.

    Args:
        applications: routers by route prefix, for the merged OpenAPI document.
        health: where the state of all applications comes from.
    """

    def __init__(
        self, applications: Mapping[str, Sequence[APIRouter]], health: HealthSource
    ) -> None:
        self._applications = applications
        self.health = health

    @cached_property
    def document(self) -> dict[str, Any]:
        """OpenAPI 3.1 of all applications, made when first asked for."""
        return merged(self._applications)


router = gateway_router(tags=["gateway"])
Shown = Annotated[Site, Depends(service_of(Site))]


@router.get("/", include_in_schema=False)
@policy(PUBLIC)
async def landing() -> Response:
    """What this is and where to go."""
    return HTMLResponse(LANDING, headers=PAGE_POLICY)


@router.get("/docs", include_in_schema=False)
@policy(PUBLIC)
async def docs() -> Response:
    """The documentation page; works with no internet."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="medray API",
        swagger_js_url="/assets/swagger-ui-bundle.js",
        swagger_css_url="/assets/swagger-ui.css",
        swagger_favicon_url="/assets/favicon.png",
    )
    return HTMLResponse(page.body, headers=PAGE_POLICY)


@router.get("/assets/{name}", include_in_schema=False)
@policy(PUBLIC)
async def asset(name: str) -> Response:
    """A file of the documentation page."""
    if name not in ASSET_NAMES:
        raise NotFound("no such path")
    return FileResponse(ASSETS / name, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/openapi.json", include_in_schema=False)
@policy(PUBLIC)
async def openapi(site: Shown) -> Response:
    """OpenAPI 3.1 of all applications."""
    return JSONResponse(site.document)


@router.get("/health/live")
@policy(PUBLIC)
async def live() -> Alive:
    """Whether the process answers."""
    return Alive()


@router.get("/health/ready", responses=declared(Unavailable))
@policy(PUBLIC)
async def ready(site: Shown) -> Health:
    """Whether every application serves; 503 until then."""
    found = await site.health.health()
    if found.status != "ready":
        waiting = [one.name for one in found.applications if one.status != "RUNNING"]
        raise Unavailable(f"not ready: {', '.join(waiting) or 'a service or its database'}")
    return found
