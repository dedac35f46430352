"""The laboratory's workers: replicas that work the queue off, as many as the backlog wants."""

import os

from deployments.clock import utc_now
from deployments.gateway.health import Vitals
from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.settings import LaboratorySettings
from deployments.laboratory.worker import Worker
from deployments.laboratory.worker_handlers import HANDLERS
from deployments.runtime import Runtime
from storage.laboratory import jobs


class LabWorkerDeployment:
    """One worker; it serves no requests.

    Args:
        runtime: the replica's machinery; from settings when left out.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("laboratory")
        catalogue = Catalogue(self.runtime.database)
        self.worker = Worker(
            self.runtime.database,
            catalogue.current,
            HANDLERS,
            name=f"worker-{os.getpid()}",
            settings=LaboratorySettings(),
            clock=utc_now,
        )
        self._started = False

    async def check_health(self) -> None:
        """Starts the loops at the first call; Serve replaces the replica when one has ended."""
        if not self._started:
            self._started = True
            self.runtime.background.start("relay", self.runtime.relay.run)
            self.runtime.background.start("worker", self.worker.run)
            self.runtime.background.start("leases", self.worker.keep_leases)
        await self.runtime.check_health()

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What `scaling.follow_backlog` looks at."""
        now = utc_now()
        found = await self.runtime.database.read(lambda connection: jobs.backlog(connection, now))
        return {"backlog": float(found.waiting + found.running)}
