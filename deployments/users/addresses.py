"""People's postal addresses; each is its owner's alone to change."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.users import shapes
from deployments.users.account_schemas import Address, Addresses
from deployments.users.codes import Activity
from deployments.users.errors import AddressNotFound
from deployments.users.journal import note
from deployments.users.schemas import AddressFields
from deployments.users.versions import check_version
from storage.columns import new_id
from storage.database import Database
from storage.users import addresses


class OwnAddresses:
    """People's postal addresses."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def list_own(self, caller: Principal) -> Addresses:
        """The caller's addresses, oldest first."""
        caller.require(Permission.USERS_READ_OWN)
        rows = await self._database.read(lambda conn: addresses.all_of(conn, caller.user_id))
        return Addresses(items=[shapes.address(row) for row in rows])

    async def add(self, caller: Principal, request: AddressFields) -> Address:
        """Adds an address."""
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> Address:
            values = request.model_dump(mode="json")
            row = addresses.add(connection, new_id(), caller.user_id, values)
            note(connection, Activity.ADDRESS_ADDED, caller.user_id, at=now, actor=caller)
            return shapes.address(row)

        return await self._database.transact(work)

    async def change(
        self, caller: Principal, address_id: UUID, request: AddressFields, expected: int | None
    ) -> Address:
        """Replaces an address.

        Raises:
            AddressNotFound: the caller has no such address.
            PreconditionFailed: changed since `expected`.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> Address:
            row = addresses.lock(connection, address_id, caller.user_id)
            if row is None:
                raise AddressNotFound
            check_version(row, expected)
            changed = addresses.change(connection, address_id, request.model_dump(mode="json"))
            note(connection, Activity.ADDRESS_CHANGED, caller.user_id, at=now, actor=caller)
            return shapes.address(changed)

        return await self._database.transact(work)

    async def remove(self, caller: Principal, address_id: UUID, expected: int | None) -> None:
        """Removes an address.

        Raises:
            AddressNotFound: the caller has no such address.
            PreconditionFailed: changed since `expected`.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> None:
            row = addresses.lock(connection, address_id, caller.user_id)
            if row is None:
                raise AddressNotFound
            check_version(row, expected)
            addresses.remove(connection, address_id)
            note(connection, Activity.ADDRESS_REMOVED, caller.user_id, at=now, actor=caller)

        await self._database.transact(work)
