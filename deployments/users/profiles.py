"""What people see and change of themselves."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users import shapes
from deployments.users.account_schemas import (
    Account,
    OwnPermissions,
    PersonFields,
)
from deployments.users.codes import Activity
from deployments.users.enrolment import Enrolment
from deployments.users.errors import ProfileNotFound, UserNotFound
from deployments.users.events import PractitionerChanged
from deployments.users.journal import note
from deployments.users.profile_schemas import (
    OwnProfileFields,
    Profile,
    Profiles,
)
from deployments.users.rules import CLINICAL_ROLES
from deployments.users.versions import check_version
from storage.database import Database
from storage.users import accounts, profiles

DirectoryChanged = Callable[[], Awaitable[None]]
"""Called after a commit that changed what the directory of practitioners says."""


class OwnProfile:
    """People's view of themselves."""

    def __init__(
        self,
        database: Database,
        enrolment: Enrolment,
        directory_changed: DirectoryChanged,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._enrolment = enrolment
        self._directory_changed = directory_changed
        self._clock = clock

    async def get_account(self, caller: Principal) -> Account:
        """The caller's account.

        Raises:
            UserNotFound: the caller is no person.
        """
        caller.require(Permission.USERS_READ_OWN)
        row = await self._database.read(lambda conn: accounts.find(conn, caller.user_id))
        if row is None:
            raise UserNotFound
        return shapes.account(row)

    async def change_person(
        self, caller: Principal, request: PersonFields, expected: int | None
    ) -> Account:
        """Changes name, telephone, language and time zone.

        Raises:
            PreconditionFailed: changed since `expected`.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()
        values = self._enrolment.person_values(request) | {"updated_at": now}

        def work(connection: Connection) -> Account:
            row = accounts.lock(connection, caller.user_id)
            if row is None:
                raise UserNotFound
            check_version(row, expected)
            changed = accounts.change(connection, caller.user_id, values)
            note(connection, Activity.PERSON_CHANGED, caller.user_id, at=now, actor=caller)
            if caller.roles & CLINICAL_ROLES:
                publish(connection, PractitionerChanged(user_id=caller.user_id, occurred_at=now))
            return shapes.account(changed)

        account = await self._database.transact(work)
        if caller.roles & CLINICAL_ROLES:
            await self._directory_changed()
        return account

    async def list_profiles(self, caller: Principal) -> Profiles:
        """The caller's profiles, one for each role that has one."""
        caller.require(Permission.USERS_READ_OWN)

        def work(connection: Connection) -> list[Any]:
            found = (
                (role, profiles.find(connection, role, caller.user_id)) for role in profiles.ROLES
            )
            return [shapes.profile(role, row) for role, row in found if row is not None]

        return Profiles(items=await self._database.read(work))

    async def change_profile(
        self, caller: Principal, request: OwnProfileFields, expected: int | None
    ) -> Profile:
        """Changes the part of a profile that its owner may change.

        Raises:
            ProfileNotFound: the caller has no profile of that role.
            PreconditionFailed: changed since `expected`.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()
        values = request.model_dump(mode="json", exclude={"role"})

        def work(connection: Connection) -> Any:
            row = profiles.lock(connection, request.role, caller.user_id)
            if row is None:
                raise ProfileNotFound
            check_version(row, expected)
            changed = profiles.change(connection, request.role, caller.user_id, values)
            note(connection, Activity.PROFILE_CHANGED, caller.user_id, at=now, actor=caller)
            if request.role in CLINICAL_ROLES:
                publish(connection, PractitionerChanged(user_id=caller.user_id, occurred_at=now))
            return shapes.profile(request.role, changed)

        profile: Profile = await self._database.transact(work)
        if request.role in CLINICAL_ROLES:
            await self._directory_changed()
        return profile

    def list_permissions(self, caller: Principal) -> OwnPermissions:
        """What the caller's token allows."""
        caller.require(Permission.USERS_READ_OWN)
        return OwnPermissions(roles=sorted(caller.roles), permissions=sorted(caller.permissions))
