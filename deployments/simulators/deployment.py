"""The application of the simulated companies. They are strangers: no edge, no sign-in of ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from deployments.background import Background
from deployments.clock import utc_now
from deployments.errors import Unavailable
from deployments.gateway.health import Vitals
from deployments.runtime import open_database
from deployments.settings import Settings, get_settings
from deployments.simulators.access import require_key
from deployments.simulators.companies import companies
from deployments.simulators.desk import Desk
from deployments.simulators.settings import SimulatorsSettings
from deployments.simulators.webhooks import WebhookSender
from storage.database import Database, DatabaseUnavailable
from storage.settings import PLAYED, StorageSettings


class NotInProduction(Exception):
    """Nobody pays with play money in a real hospital."""


class SimulatorsDeployment:
    """The one replica that plays all companies; a plain class that `apps.py` wraps for Serve.

    Args:
        database: what the companies remember; from settings when left out.
        settings: of the process.
        theirs: of the companies.

    Raises:
        NotInProduction: the settings say production.
    """

    def __init__(
        self,
        database: Database | None = None,
        settings: Settings | None = None,
        theirs: SimulatorsSettings | None = None,
    ) -> None:
        settings = settings or get_settings()
        if settings.environment == "production":
            raise NotInProduction("take `simulators` out of serve_config.yaml")
        self._desk = Desk(
            database or open_database(PLAYED, StorageSettings()),
            theirs or SimulatorsSettings(),
            utc_now,
        )
        self._companies = companies(settings, self._desk.settings)
        self._background = Background()

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        application = FastAPI(
            openapi_url=None, docs_url=None, redoc_url=None, lifespan=self._lifespan
        )
        for company in self._companies:
            application.include_router(
                company.routes(self._desk),
                prefix=f"/{company.name}",
                dependencies=[Depends(require_key(company.key))],
            )
        return application

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        try:
            await self._desk.database.ping()
        except DatabaseUnavailable:
            reached = False
        else:
            reached = True
        return Vitals(
            database=reached, redis=True, pending_events=0, oldest_event_s=0.0, dead_events=0
        )

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise.

        Raises:
            Unavailable: one is not.
        """
        if not self._background.healthy():
            raise Unavailable("a background loop has ended")
        try:
            await self._desk.database.ping()
        except DatabaseUnavailable as error:
            raise Unavailable(f"database: {error}") from None

    @asynccontextmanager
    async def _lifespan(self, _application: FastAPI) -> AsyncIterator[None]:
        for company in self._companies:
            if company.webhook_secret is not None:
                sender = WebhookSender(self._desk, company)
                self._background.start(f"webhooks of {company.name}", sender.run)
        try:
            yield
        finally:
            await self._background.stop()
            await self._desk.database.close()
