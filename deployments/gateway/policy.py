"""What a route declares about itself. A route that declares nothing does not start (rule R23)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, TypeVar

from deployments.access import ROLE_PERMISSIONS, Permission, Role

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Public:
    """The policy of routes that need no sign-in."""


PUBLIC: Final = Public()


@dataclass(frozen=True)
class Cache:
    """How long a read may be answered from Redis, and which topics drop it.

    Attributes:
        seconds: longest age.
        topic: services drop it with `ResponseCache.drop` when its data changes; names of path
            parameters in braces are filled in, `patient:{patient_id}`.
        audited: for reads of a patient's data, FHIR's word for it: an answer from the cache then
            is one audit row too, with the path's `patient_id`.
    """

    seconds: int
    topic: str
    audited: str | None = None


@dataclass(frozen=True)
class Retirement:
    """A route on its way out.

    Attributes:
        since: from when callers should use something else; header `Deprecation` (RFC 9745).
        until: when it goes away; header `Sunset` (RFC 8594).
    """

    since: datetime
    until: datetime

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer of the route says."""
        until = format_datetime(self.until.astimezone(UTC), usegmt=True)
        return [
            (b"deprecation", f"@{int(self.since.timestamp())}".encode()),
            (b"sunset", until.encode()),
        ]


@dataclass(frozen=True)
class RoutePolicy:
    """Who may call a route and what it costs.

    Attributes:
        any_of: permissions, one of which is needed; empty means public.
        cost: points of the caller's rate limit.
        cache: for reads that may be cached.
        idempotent: whether an Idempotency-Key is honoured; not where answers hold secrets.
        key_required: whether there must be one, because money moves.
        retirement: when the route goes away, if it does.
    """

    any_of: tuple[Permission, ...]
    cost: int = 1
    cache: Cache | None = None
    idempotent: bool = True
    key_required: bool = False
    retirement: Retirement | None = None

    @property
    def public(self) -> bool:
        """Whether anybody may call."""
        return not self.any_of

    def allows(self, role: Role) -> bool:
        """Whether a person with just this role passes; the operation may still refuse."""
        return self.public or not ROLE_PERMISSIONS[role].isdisjoint(self.any_of)


class UndeclaredPolicy(Exception):
    """A route has no `@policy`; the application must not start."""


def policy(
    *any_of: Permission | Public,
    cost: int = 1,
    cache: Cache | None = None,
    idempotent: bool = True,
    key_required: bool = False,
    retirement: Retirement | None = None,
) -> Callable[[Endpoint], Endpoint]:
    """Declares who may call the endpoint below; stands under the router's decorator."""
    permissions = tuple(item for item in any_of if isinstance(item, Permission))
    if not any_of or (permissions and PUBLIC in any_of):
        raise UndeclaredPolicy("name permissions, or PUBLIC alone")

    def declare(endpoint: Endpoint) -> Endpoint:
        declared = RoutePolicy(permissions, cost, cache, idempotent, key_required, retirement)
        endpoint.__policy__ = declared  # type: ignore[attr-defined]
        return endpoint

    return declare


def policy_of(endpoint: Callable[..., Any]) -> RoutePolicy:
    """The policy that the endpoint declares.

    Raises:
        UndeclaredPolicy: it declares none.
    """
    declared = getattr(endpoint, "__policy__", None)
    if not isinstance(declared, RoutePolicy):
        raise UndeclaredPolicy(f"{endpoint.__module__}.{endpoint.__qualname__} has no @policy")
    return declared
