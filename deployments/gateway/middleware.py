"""The outermost layer of every ingress: ids, headers, the access log, and nothing unhandled."""

import re
import time
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.gateway.problems import as_refusal, respond
from deployments.logs import begin_request, get_logger
from deployments.metrics import Metrics
from storage import idempotency

log = get_logger("access")

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HOP_HEADERS: Final = (  # rule R18: a client must not steer Serve or claim an identity
    b"x-request-timeout-seconds",
    b"x-request-disconnect-disabled",
    b"serve_multiplexed_model_id",
)
HOP_PREFIXES: Final = (b"x-serve-", b"x-user-")
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
API_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
DEFAULT_CACHING: Final = (b"cache-control", b"no-store")
UNROUTED: Final = "unrouted"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """Wraps an application; every response passes here once.

    Args:
        application: what to wrap.
        metrics: where requests are counted.
        inside_serve: Serve then answers X-Request-Id itself.
    """

    def __init__(
        self, application: ASGIApp, metrics: Metrics, *, inside_serve: bool = False
    ) -> None:
        self._application = application
        self._metrics = metrics
        self._inside_serve = inside_serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, socket or lifespan."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        identifier = _request_id(scope["headers"])
        scope["headers"] = [item for item in scope["headers"] if not _is_hop(item[0])]
        scope["state"] = {**scope.get("state", {}), "request_id": identifier}
        if scope["path"] == scope.get("root_path"):
            scope["path"] += "/"  # `/api/v1/appointments` is the root of its application
        begin_request(identifier)
        idempotency.begin(None)
        if scope["type"] == "http":
            await self._http(scope, receive, send, identifier)
        else:
            await self._application(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send, identifier: str) -> None:
        began = time.perf_counter()
        status = 500
        started = complete = False

        async def finish(message: Message) -> None:
            nonlocal status, started, complete
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                message["headers"] = _dressed(message["headers"], scope["state"])
                if not self._inside_serve:
                    message["headers"].append((b"x-request-id", identifier.encode()))
            elif message["type"] == "http.response.body":
                complete = not message.get("more_body", False)
            await send(message)

        try:
            await self._application(scope, receive, finish)
        except Exception as error:
            if started and not complete:
                raise  # the server then cuts the half-sent answer off
            if not started:
                await respond(as_refusal(error))(scope, receive, finish)
        finally:
            self._account(scope, status, time.perf_counter() - began)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNROUTED)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.request(method, route, status, seconds)
        log.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "request_id": scope["state"]["request_id"],
            },
        )


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's X-Request-Id when it looks like one, else a new one."""
    for name, value in headers:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return value.decode()
    return str(uuid4())


def _is_hop(name: bytes) -> bool:
    return name in HOP_HEADERS or name.startswith(HOP_PREFIXES)


def _dressed(
    headers: Iterable[tuple[bytes, bytes]], state: dict[str, Any]
) -> list[tuple[bytes, bytes]]:
    """The response's headers, with ours."""
    dressed = [*headers, *SECURITY_HEADERS]
    names = {name.lower() for name, _ in dressed}
    dressed.extend(item for item in (API_POLICY, DEFAULT_CACHING) if item[0] not in names)
    for saying in (state.get("allowance"), state.get("retirement")):
        if saying is not None:
            dressed.extend(saying.headers())
    return dressed
