"""The data folder: what a hospital keeps, owned by one `medray up` at a time."""

import fcntl
import os
import secrets
import shlex
import shutil
import tempfile
import time
from pathlib import Path

from deployments.launch.errors import LaunchError
from storage.embedded.processes import write_secret

_SHORT = "/tmp"  # noqa: S108  # unix sockets have 107 bytes for their path; mkdtemp makes it safe


class DataFolder:
    """Files of one hospital.

    Attributes:
        path: the folder, absolute.
        environment_file: variables of the running stack, for `ray`, `serve` and our other commands.
        token: the file with Ray's token.
        logs: what the last session of Ray left, once it is over.
    """

    def __init__(self, path: Path) -> None:
        """Touch nothing yet."""
        self.path = path.absolute()
        self.environment_file = self.path / "env"
        self.token = self.path / "ray-token"
        self.logs = self.path / "logs"
        self._lock: int | None = None

    def claim(self) -> None:
        """Become the folder's owner, creating it if needed.

        Raises:
            LaunchError: it is not writable, or somebody else owns it.
        """
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            (self.path / "writable").touch()
            (self.path / "writable").unlink()
        except OSError as error:
            raise LaunchError(
                f"cannot write to {self.path} ({error.strerror}): set MEDRAY_DATA_DIR to your own"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LaunchError(
                f"{self.path} is in use by process {self.owner()}: stop it with `medray down`"
            ) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._lock = descriptor

    def release(self) -> None:
        """Stop being the owner."""
        if self._lock is not None:
            os.truncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def owner(self) -> int | None:
        """Process id of the owner, or None when there is none; never wrong about a dead one."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.pread(descriptor, 20, 0) or 0)
        else:
            return None
        finally:
            os.close(descriptor)

    def wait_until_free(self, seconds: float) -> bool:
        """Whether the owner let go in time."""
        deadline = time.monotonic() + seconds
        while self.owner() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def secret(self, name: str) -> str:
        """The secret kept in the file `name` (mode 0600), generated when there is none."""
        file = self.path / name
        if not file.exists():
            write_secret(file, secrets.token_hex(32), os.geteuid())
        return file.read_text()

    @property
    def run(self) -> Path:
        """The folder that every process of the stack works in, which proves that it is ours."""
        return (self.path / "run").resolve()

    def renew_run(self) -> None:
        """Begin a new, empty `run`; what a killed session left in the last one is kept as logs."""
        self.retire_run()
        (self.path / "run").symlink_to(tempfile.mkdtemp(prefix="medray-", dir=_SHORT))

    def retire_run(self) -> None:
        """Throw `run` away, all but its logs, which take the place of the session's before."""
        link = self.path / "run"
        if not link.is_symlink():
            return
        session = self.run / "ray" / "session_latest" / "logs"
        if session.exists():
            shutil.rmtree(self.logs, ignore_errors=True)
            shutil.copytree(session, self.logs, ignore_dangling_symlinks=True)
            self.logs.chmod(0o700)
        shutil.rmtree(self.run, ignore_errors=True)
        link.unlink()

    def write_environment(self, variables: dict[str, str]) -> None:
        """Keep `variables` in a file (mode 0600) that a shell can source."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items())]
        write_secret(self.environment_file, "".join(lines), os.geteuid())

    def use_environment(self) -> None:
        """Let settings of this process be those of the stack that runs, unless they are set."""
        if not self.environment_file.exists():
            return
        for line in self.environment_file.read_text().splitlines():
            name, value = line.split("=", 1)
            os.environ.setdefault(name, "".join(shlex.split(value)))
