"""HTTP requests to the world outside: bounded in time and size, no redirects, checked addresses."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
import httpcore

LARGEST_ANSWER: Final = 65_536
AGENT: Final = "medray"


class Unreached(Exception):
    """No connection: the other side has nothing of it. `args[0]` is a code."""


class Unanswered(Exception):
    """The connection was there, the answer is not: the other side may have it."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Answer]]
"""Posts a body to a URL with headers.

Raises:
    Unreached: before anything was sent.
    Unanswered: afterwards.
"""


class Poster:
    """Makes requests; connections are kept and used again.

    Args:
        timeout_s: longest wait for each step of a request; the whole takes twice as long at most.
        public_only: refuses addresses that are not on the public Internet.
    """

    def __init__(self, timeout_s: float, *, public_only: bool) -> None:
        self._timeout_s = timeout_s
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=50,
            max_keepalive_connections=10,
            keepalive_expiry=30,
            network_backend=PublicNetwork() if public_only else None,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Posts, and reads the answer up to 64 KiB. Redirects are answers like any other.

        Raises:
            Unreached: no connection, or to an address that is refused.
            Unanswered: the answer did not come.
        """
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        try:
            async with (
                asyncio.timeout(2 * self._timeout_s),
                self._pool.stream(
                    "POST",
                    url,
                    headers=[("User-Agent", AGENT), *headers.items()],
                    content=body,
                    extensions={"timeout": timeouts},
                ) as response,
            ):
                return Answer(response.status, await _read(response))
        except TimeoutError:
            raise Unanswered from None
        except (
            httpcore.ConnectError,
            httpcore.ConnectTimeout,
            httpcore.PoolTimeout,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as error:
            raise Unreached(_code(error)) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            raise Unanswered from None

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._pool.aclose()


class PublicNetwork(httpcore.AnyIOBackend):
    """Looks a host up once, checks every address, and connects to the one that was checked.

    A name that answers differently the second time (DNS rebinding) is never asked a second time;
    the certificate is still checked against the name.
    """

    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        """Connects to a public address of the host.

        Raises:
            ForbiddenAddress: one of its addresses is not public.
            httpcore.ConnectError: it has none.
        """
        try:
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore.ConnectError("no such host") from None
        addresses = [str(address[0]) for *_, address in found]
        if not addresses or not all(map(is_public, addresses)):
            raise ForbiddenAddress("forbidden_address")
        return await super().connect_tcp(addresses[0], port, *args, **kwargs)


class ForbiddenAddress(httpcore.ConnectError):
    """The address is on this machine, in this network, or otherwise not public."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, however it is written."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    embedded = list(_embedded(parsed))
    return parsed.is_global and not parsed.is_multicast and all(it.is_global for it in embedded)


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> Iterable[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address leads to: mapped, 6to4, NAT64 (RFC 4291, 3056, 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _code(error: Exception) -> str:
    return "forbidden_address" if isinstance(error, ForbiddenAddress) else "unreachable"


async def _read(response: httpcore.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            break
    return bytes(body[:LARGEST_ANSWER])
