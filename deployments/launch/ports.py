"""Ports of this machine's loopback."""

import socket
from contextlib import ExitStack

from deployments.launch.errors import LaunchError

LOOPBACK = "127.0.0.1"


def require_free(host: str, port: int, setting: str) -> None:
    """Return when nobody listens on `port`.

    Raises:
        LaunchError: somebody does; `setting` says where another port is chosen.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(
                f"port {port}: {error.strerror}; free it, or choose another with {setting}"
            ) from None


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on at this moment."""
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in sockets]
