"""A whole hospital as `medray up` runs it, for tests, chaos and benchmarks."""

import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psutil
import yaml

from deployments.launch.applications import Applications
from deployments.launch.configuration import ServeConfiguration
from deployments.launch.ports import free_ports

ROOT = Path(__file__).parents[2]
READY_S = 240
STOP_S = 60


def free_port() -> int:
    return free_ports(1)[0]


class Hospital:
    """`medray up` in a folder of its own, on ports of its own.

    Args:
        folder: data folder; kept between starts.
        replicas: by application, when not what `serve_config.yaml` says.
        settings: further `MEDRAY_...` variables.
    """

    def __init__(
        self,
        folder: Path,
        replicas: dict[str, int] | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mllp_port = free_port()
        self.ready_s = 0.0
        self._settings = {"MEDRAY_LABORATORY_MLLP_PORT": str(self.mllp_port), **(settings or {})}
        self._config = folder / "serve_config.yaml"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        self._config.write_text(yaml.safe_dump(self._sized(replicas or {})))

    def _sized(self, replicas: dict[str, int]) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
        config["http_options"]["port"] = self.port
        for application in config["applications"]:
            if application["name"] in replicas:
                application["deployments"][0]["num_replicas"] = replicas[application["name"]]
        return config

    def start(self) -> Self:
        """Returns when `medray up` says that everything is ready.

        Raises:
            RuntimeError: it ended, or took too long; the text has its last words.
        """
        began = time.monotonic()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).parent / "medray", "up", "--data-dir", str(self.data)]
                + ["--config", str(self._config), "--dashboard-port", str(free_port())],
                cwd=ROOT,
                env=os.environ | self._settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process, began + READY_S)
        except BaseException:  # a test's own time limit too: nothing is left behind
            self.stop()
            raise
        self.ready_s = time.monotonic() - began
        return self

    @contextmanager
    def without(self, application: str) -> Iterator[None]:
        """Takes an application away, and waits at the end until it is back.

        Raises:
            LaunchError: Serve refuses, or it is not back in time.
        """
        configuration = ServeConfiguration.read(self._config)
        fewer = [it for it in configuration.content["applications"] if it["name"] != application]
        address = self.environment["RAY_DASHBOARD_ADDRESS"].removeprefix("http://")
        serve = Applications(address, (self.data / "ray-token").read_text().strip())
        serve.deploy(configuration.content | {"applications": fewer})
        while application in serve.details():
            time.sleep(0.2)
        try:
            yield
        finally:
            serve.deploy(configuration.content)
            serve.wait_until_running(configuration.applications, READY_S, lambda _: None)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it as an operator would; returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()

    def processes(self, named: str) -> list[psutil.Process]:
        """Its processes by the beginning of the title, or by the name of a deployment's actor."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            title = " ".join(process.info["cmdline"] or [])
            if not title.startswith("ray::"):
                continue
            with suppress(psutil.Error):
                about = process.environ()
                actor = about.get("RAY_SERVE_INTERNAL_DEPLOYMENT_ACTOR_NAME", "")
                is_named = title.startswith(named) or actor.startswith(named)
                if is_named and about.get("MEDRAY_DATA_DIR") == str(self.data):
                    found.append(process)
        return sorted(found, key=lambda process: process.pid)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that `ray`, `serve` and `medray` need to speak to it."""
        lines = shlex.split((self.data / "env").read_text())
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200) and b"medray is ready" in self.log.read_bytes()
        except (urllib.error.URLError, OSError):
            return False
