"""Endpoints of web hooks: registered, switched off and on, given other secrets by operators."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.errors import PreconditionFailed
from deployments.journal import audit_row
from deployments.notifications.endpoint_schemas import (
    Endpoint,
    EndpointRequest,
    EndpointSecret,
)
from deployments.notifications.errors import (
    EndpointNotFound,
    EndpointRefused,
    TooManyEndpoints,
    WorkflowUnknown,
)
from deployments.notifications.posting import is_public
from deployments.notifications.preferences import AddressBook
from deployments.notifications.workflows import WORKFLOWS
from deployments.pagination import Page, PageRequest, decode_cursor, page_of
from storage import audit
from storage.columns import new_id
from storage.database import Database
from storage.notifications import endpoints

MOST: Final = 5
"""Live endpoints of one person; ours."""
SecretOf = Callable[[UUID, int], str]


class EndpointService:
    """What operators do with endpoints.

    Args:
        database: the service's.
        users: who knows people.
        secret_of: the signing secret, by id of the endpoint and version of the secret.
        private_allowed: whether plain http and addresses that are not public may be used.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        users: AddressBook,
        secret_of: SecretOf,
        *,
        private_allowed: bool,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._users = users
        self._secret_of = secret_of
        self._private_allowed = private_allowed
        self._clock = clock

    async def register(self, caller: Principal, request: EndpointRequest) -> EndpointSecret:
        """Registers an endpoint; the answer alone shows its secret.

        Raises:
            UserNotFound: there is no such owner.
            EndpointRefused: web hooks may not go there.
            WorkflowUnknown: one of the workflows does not exist.
            TooManyEndpoints: the owner has as many as there may be.
        """
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        self._check(request)
        await self._users.get_contact(request.owner_id)
        now = self._clock()
        values = {
            "id": new_id(),
            **request.model_dump(),
            "workflows": sorted(set(request.workflows)),
            "secret_version": 1,
            "failures": 0,
            "disabled": None,
            "created_by": caller.user_id,
            "created_at": now,
            "version": 1,
        }

        def work(connection: Connection) -> EndpointSecret:
            row = endpoints.add(connection, values, MOST)
            if row is None:
                raise TooManyEndpoints(f"at most {MOST}")
            self._audit(connection, caller, "register", row.id)
            return self._with_secret(row)

        return await self._database.transact(work, keyed=False)

    async def list_all(self, caller: Principal, page: PageRequest) -> Page[Endpoint]:
        """Every endpoint, the latest first."""
        caller.require(Permission.NOTIFICATIONS_OPERATE)
        below = decode_cursor(page.cursor, UUID)[0] if page.cursor else None
        rows = await self._database.read(
            lambda connection: endpoints.list_all(connection, below, page.limit + 1)
        )
        return page_of([_endpoint(row) for row in rows], page.limit, lambda it: (it.id,))

    async def disable(self, caller: Principal, id_: UUID, version: int | None) -> Endpoint:
        """Sends nothing there any more.

        Raises:
            EndpointNotFound: there is none with this id.
            PreconditionFailed: it has changed meanwhile.
        """
        row = await self._change(caller, "disable", id_, version, {"disabled": "switched_off"})
        return _endpoint(row)

    async def enable(self, caller: Principal, id_: UUID, version: int | None) -> Endpoint:
        """Sends there again, from now on. Raises as `disable` does."""
        fresh = {"disabled": None, "failures": 0}
        return _endpoint(await self._change(caller, "enable", id_, version, fresh))

    async def rotate(self, caller: Principal, id_: UUID, version: int | None) -> EndpointSecret:
        """Signs with another secret from now on. Raises as `disable` does."""
        raised = {"secret_version": endpoints.NEXT_SECRET}
        return self._with_secret(await self._change(caller, "rotate", id_, version, raised))

    async def _change(
        self,
        caller: Principal,
        verb: str,
        id_: UUID,
        version: int | None,
        values: Mapping[str, Any],
    ) -> Row[Any]:
        caller.require(Permission.NOTIFICATIONS_OPERATE)

        def work(connection: Connection) -> Row[Any]:
            row = endpoints.change(connection, id_, version, values)
            if row is None and endpoints.find(connection, id_) is None:
                raise EndpointNotFound
            if row is None:
                raise PreconditionFailed("read it again")
            self._audit(connection, caller, verb, id_)
            return row

        return await self._database.transact(work, keyed=False)

    def _check(self, request: EndpointRequest) -> None:
        unknown = set(request.workflows) - WORKFLOWS.keys()
        if unknown:
            raise WorkflowUnknown(", ".join(sorted(unknown)))
        try:
            parts = urlsplit(request.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise EndpointRefused("no such address") from None
        if not host or parts.username or parts.password or parts.fragment:
            raise EndpointRefused("an address without a name, a password or a fragment in it")
        if self._private_allowed:
            return
        if parts.scheme != "https":
            raise EndpointRefused("https only")
        if _is_private(host):
            raise EndpointRefused("public addresses only")

    def _with_secret(self, row: Row[Any]) -> EndpointSecret:
        secret = self._secret_of(row.id, row.secret_version)
        return EndpointSecret(**_endpoint(row).model_dump(), secret=secret)

    def _audit(self, connection: Connection, caller: Principal, verb: str, id_: UUID) -> None:
        row = audit_row(caller, f"notifications.{verb}", "Endpoint", id_, self._clock())
        audit.write_rows(connection, [row])


def _is_private(host: str) -> bool:
    """What can be seen without asking anybody; the rest is checked at each connection."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    return not is_public(host)


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        owner_id=row.owner_id,
        url=row.url,
        level=row.level,
        workflows=list(row.workflows),
        failures=row.failures,
        disabled=row.disabled,
        created_by=row.created_by,
        created_at=row.created_at,
        version=row.version,
    )
