"""Where a request came from."""

from collections.abc import Mapping
from typing import Any


def client_address(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """The address of the client.

    Args:
        scope: the ASGI scope.
        trusted_proxies: how many proxies of ours append to X-Forwarded-For; what stands further
            left was written by the client and is not believed.
    """
    if trusted_proxies:
        sent = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hops = [hop.strip() for hop in b",".join(sent).decode("latin-1").split(",")]
        if any(hops):
            return hops[-min(trusted_proxies, len(hops))]
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
