"""Everything that `medray up` starts, in the order in which it needs each other."""

import os
import signal
import time
from contextlib import suppress
from http.client import HTTPException
from typing import Protocol

from deployments.launch import demo
from deployments.launch.applications import Applications
from deployments.launch.configuration import ServeConfiguration
from deployments.launch.databases import Databases
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.ports import require_free
from deployments.launch.ray_head import RayHead
from deployments.launch.settings import read_settings
from deployments.settings import DEVELOPMENT_SECRET, Settings
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.processes import EmbeddedServerError, end, running_in
from storage.embedded.redis import EmbeddedRedis
from storage.settings import PLAYED

_RAY_PATIENCE_S = 90.0
_APPLICATIONS_PATIENCE_S = 180.0
_FAILURES = (LaunchError, EmbeddedServerError, OSError, HTTPException)


class Report(Protocol):
    """Who is told what happens."""

    def begin(self, step: str) -> None:
        """`step` is at work, and the one before it done."""

    def detail(self, text: str) -> None:
        """How far the step at work is."""


class Stack:
    """PostgreSQL, Redis, Ray, and the applications of one data folder.

    Attributes:
        ray: the head node.
        applications: what Serve runs on it.
    """

    def __init__(
        self,
        folder: DataFolder,
        configuration: ServeConfiguration,
        dashboard_port: int,
        *,
        with_demo: bool,
    ) -> None:
        """Take possession of the folder; end what a killed stack left in it.

        Raises:
            LaunchError: a setting is wrong, a port is taken, the folder is not to be had.
        """
        settings, storage = read_settings()
        production = settings.environment == "production"
        self._configuration = configuration.without(PLAYED) if production else configuration
        self._folder = folder
        self._with_demo = with_demo and not production
        self._deployed = False
        self._databases = Databases(folder.path, storage, production=production)
        folder.claim()
        end_leftovers(folder)
        require_free(configuration.host, configuration.port, "http_options in serve_config.yaml")
        require_free("127.0.0.1", dashboard_port, "--dashboard-port")
        self._secret = self._development_secret(settings)
        self.ray = RayHead(folder, dashboard_port)
        self.applications = Applications(self.ray.dashboard, folder.secret(folder.token.name))
        folder.renew_run()

    def start(self, report: Report) -> None:
        """Return when every application is healthy.

        Raises:
            LaunchError: something cannot start; `stop` is still to be called.
        """
        report.begin("PostgreSQL and Redis")
        self._databases.start()
        self._variables = self._all_variables()
        self._folder.write_environment(self._worth_keeping())
        self._folder.use_environment()
        self.ray.begin(self._variables)
        report.begin("migrations")
        self._databases.migrate()
        if self._with_demo:
            report.begin("demo hospital")
            demo.load_once(self._folder)
        self._start_applications(report)

    def tend(self, report: Report) -> None:
        """Start again what died since the last call; what fails is tried again at the next."""
        try:
            for name in self._databases.revive():
                report.begin(f"{name} had died and was started again")
            self._revive_ray(report)
        except _FAILURES as error:
            report.begin(f"not started, trying again: {error}")

    def stop(self) -> None:
        """Drain the applications, then end every process and give the folder back."""
        if self.ray.is_running() and self.applications.reachable():
            with suppress(*_FAILURES):  # then they end without a drain
                self.applications.remove()
        self.ray.stop()
        self._databases.stop()
        self._folder.environment_file.unlink(missing_ok=True)
        self._folder.retire_run()
        self._folder.release()

    def places(self) -> dict[str, str]:
        """Where people find what runs, by what they call it."""
        url = self._configuration.url
        return {
            "API": f"{url}/api/v1/",
            "Documentation": f"{url}/docs",
            "Ray dashboard": f"http://{self.ray.dashboard}",
            "Token for it": f"{self._folder.token}",
            "Metrics": f"http://{self.ray.metrics}/metrics",
            "Data and logs": f"{self._folder.path}",
            "For ray and serve": f"set -a; . {self._folder.environment_file}; set +a",
        }

    def _revive_ray(self, report: Report) -> None:
        if not self.ray.is_running():
            report.begin("what the dead Ray left")
            self.ray.stop()
            self.ray.begin(self._variables)
            self._deployed = False
        if not self._deployed:
            self._start_applications(report)

    def _start_applications(self, report: Report) -> None:
        report.begin("Ray")
        deadline = time.monotonic() + _RAY_PATIENCE_S
        while not self.applications.reachable():
            self.ray.require_running()
            if time.monotonic() > deadline:
                raise LaunchError(f"Ray's dashboard did not answer in {_RAY_PATIENCE_S:.0f} s")
            time.sleep(0.2)
        names = self._configuration.applications
        report.begin("applications")
        self.applications.deploy(self._configuration.content)
        self.applications.wait_until_running(
            names,
            _APPLICATIONS_PATIENCE_S,
            lambda count: report.detail(f"{count} of {len(names)}"),
        )
        self._deployed = True

    def _development_secret(self, settings: Settings) -> dict[str, str]:
        """Our own secret instead of the well-known one, which settings refuse in production."""
        if settings.secret_key.get_secret_value() != DEVELOPMENT_SECRET:
            return {}
        return {"MEDRAY_SECRET_KEY": self._folder.secret("secret-key")}

    def _all_variables(self) -> dict[str, str]:
        defaults = {
            "MEDRAY_PUBLIC_URL": self._configuration.url,
            "MEDRAY_TRUSTED_PROXIES": "1",  # our HAProxy says who called
        }
        ours = {"MEDRAY_DATA_DIR": str(self._folder.path)} | self.ray.variables()
        given = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}  # of another Ray
        return defaults | given | ours | self._secret | self._databases.variables()

    def _worth_keeping(self) -> dict[str, str]:
        tools = {
            "RAY_ADDRESS": self.ray.address,
            "RAY_DASHBOARD_ADDRESS": f"http://{self.ray.dashboard}",
            "RAY_API_SERVER_ADDRESS": f"http://{self.ray.dashboard}",
        }
        ours = {k: v for k, v in self._variables.items() if k.startswith("MEDRAY_")}
        return ours | self.ray.variables() | tools


def end_leftovers(folder: DataFolder) -> None:
    """End what a killed owner of `folder` left running; the caller is its owner now."""
    end(running_in(folder.run), signal.SIGTERM, patience_s=3)
    EmbeddedPostgres(folder.path).stop()
    EmbeddedRedis(folder.path).stop()
