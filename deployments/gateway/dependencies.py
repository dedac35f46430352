"""What routes ask for by type: the caller, the service, the expected version.

All are coroutines: FastAPI sends plain functions to a thread, which costs more than they do.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request

from deployments.access import Principal
from deployments.errors import Invalid, Unauthenticated
from deployments.pagination import DEFAULT_LIMIT, LONGEST_CURSOR, MOST, PageRequest

S = TypeVar("S")
ETAG = re.compile(r'(?:W/)?"(\d{1,18})(?:-[0-9a-f]{32})?"')
"""The version; a read adds a digest of everything else that it answered."""


async def _caller(request: Request) -> Principal:
    principal: Principal | None = request.state.principal
    if principal is None:
        raise Unauthenticated("sign in first")
    return principal


async def _if_match(
    if_match: Annotated[
        str | None, Header(description="ETag of the version that is to be changed")
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = ETAG.fullmatch(if_match.strip())
    if match is None:
        raise Invalid("If-Match: one ETag as it was given out")
    return int(match.group(1))


async def _page(
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


def service_of(kind: type[S], name: str = "service") -> Callable[[Request], Awaitable[S]]:
    """A dependency that finds the service object of this application, by its name and type."""

    async def find(request: Request) -> S:
        service: Any = request.app.state.services[name]
        assert isinstance(service, kind)  # noqa: S101
        return service

    return find


Caller = Annotated[Principal, Depends(_caller)]
IfMatch = Annotated[int | None, Depends(_if_match)]
PageQuery = Annotated[PageRequest, Depends(_page)]
