"""Ports of this machine's loopback."""

import random
import socket
from contextlib import ExitStack, suppress
from typing import Final

from deployments.launch.errors import LaunchError

LOOPBACK = "127.0.0.1"
RANGE: Final = range(15_000, 30_000)
"""Linux gives outgoing connections ports from 32768 on, Serve its replicas from 30000 on."""


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
    """Different ports that nobody listens on at this moment.

    From a range that neither outgoing connections nor Serve's replicas are given ports of: one
    chosen now is bound seconds later, and another process could have it by then.
    """
    with ExitStack() as probes:
        found: list[int] = []
        for port in random.sample(RANGE, len(RANGE)):
            if len(found) == count:
                break
            with suppress(OSError):
                probes.enter_context(socket.socket()).bind((LOOPBACK, port))
                found.append(port)
        return found
