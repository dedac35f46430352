"""The laboratory's ear: listens for analyzers, keeps what they send, answers."""

from zoneinfo import ZoneInfo

from deployments.clock import utc_now
from deployments.gateway.health import Vitals
from deployments.laboratory.intake import Intake
from deployments.laboratory.mllp import MllpServer
from deployments.laboratory.settings import LaboratorySettings
from deployments.runtime import Runtime


class LabAnalyzersDeployment:
    """One listener; it serves no requests over HTTP.

    Args:
        runtime: the replica's machinery; from settings when left out.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("laboratory")
        settings = LaboratorySettings()
        self.server = MllpServer(
            Intake(self.runtime.database, utc_now, ZoneInfo(settings.time_zone)).receive,
            host=settings.mllp_host,
            port=settings.mllp_port,
            longest=settings.mllp_longest_bytes,
            idle_s=settings.mllp_idle_s,
        )
        self._started = False

    async def check_health(self) -> None:
        """Begins to listen at the first call; Serve replaces the replica when it has ended."""
        if not self._started:
            self._started = True
            self.runtime.background.start("mllp", self.server.run)
        await self.runtime.check_health()

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()
