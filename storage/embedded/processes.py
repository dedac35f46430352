"""Starting a server that never outlives us, and ending what was left behind in a folder."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

START_PATIENCE_S = 60.0  # after a SIGKILL, PostgreSQL first replays its write-ahead log
STOP_PATIENCE_S = 20.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class EmbeddedServerError(RuntimeError):
    """An embedded server did not start; the message ends with what it said."""


def spawn(
    command: Sequence[str | Path],
    *,
    folder: Path,
    log: Path,
    owner: int,
    death_signal: signal.Signals,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Run `command` in `folder` as user id `owner`; its output replaces `log`.

    The server has a session of its own, so that Ctrl-C reaches only us and we decide the order of
    stopping. On Linux the kernel sends it `death_signal` when the thread that called this ends.
    """
    foreign = owner != os.geteuid()
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 (arguments are ours)
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=owner if foreign else None,
            group=pwd.getpwuid(owner).pw_gid if foreign else None,
            extra_groups=[] if foreign else None,
            preexec_fn=_follow_parent(death_signal),  # noqa: PLW1509 (one prctl call, no locks)
        )


def wait_until_ready(
    name: str, ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path
) -> None:
    """Return when `ready()` holds for the server that people call `name`.

    Raises:
        EmbeddedServerError: the process ended, or was not ready in time and has been ended.
    """
    deadline = time.monotonic() + START_PATIENCE_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EmbeddedServerError(f"{name} did not start: {last_words(log)}")
        time.sleep(0.02)


def running_in(folder: Path, name: str | None = None) -> list[psutil.Process]:
    """Processes (called `name`) that work in `folder`, which proves that they are ours."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["cwd"] == str(folder) and name in (None, process.info["name"])
    ]


def end(
    processes: list[psutil.Process],
    polite: signal.Signals,
    patience_s: float = STOP_PATIENCE_S,
) -> None:
    """End `processes`: with the signal `polite`, and after `patience_s` with SIGKILL."""
    _send(processes, polite)
    if stubborn := _still_alive_after(patience_s, processes):
        _send(stubborn, signal.SIGKILL)
        _still_alive_after(STOP_PATIENCE_S, stubborn)


def last_words(log: Path) -> str:
    """The error that a server ended with, else its last line."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or ["it said nothing"])[-1]


def write_secret(path: Path, text: str, owner: int) -> None:
    """Write `text` to `path`, readable for user id `owner` (and root) only."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, owner, -1)
        file.write(text)


def _still_alive_after(seconds: float, processes: list[psutil.Process]) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while (alive := [p for p in processes if _is_alive(p)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    """False for a zombie too: somebody else's dead child that nobody has collected."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _follow_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: the child must not allocate much

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))

    return arm
