"""What administrators do with accounts; each change bites on every service within 2 s."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.pagination import Page, decode_cursor, page_of
from deployments.publishing import publish
from deployments.users import shapes
from deployments.users.account_schemas import (
    Account,
    AccountDetail,
    AccountSearch,
    RolesChange,
)
from deployments.users.codes import AccountStatus, Activity, SessionEnd
from deployments.users.conflicts import named_conflicts
from deployments.users.credentials import Credentials
from deployments.users.enrolment import add_patient_profile
from deployments.users.errors import UserNotFound
from deployments.users.events import (
    Deactivated,
    PractitionerChanged,
    Reactivated,
    RolesChanged,
)
from deployments.users.journal import note
from deployments.users.names import search_terms
from deployments.users.profile_schemas import Profile, StaffProfileFields
from deployments.users.profiles import DirectoryChanged
from deployments.users.rules import check_administrator_remains, check_profiles
from deployments.users.schemas import Identifier
from deployments.users.sessions import Sessions
from deployments.users.versions import check_version
from storage.database import Database
from storage.users import accounts, attempts, profiles, second_factors
from storage.users.accounts import AccountFilter

Change = Callable[[Connection, Row[Any], datetime], Row[Any]]
"""What is done to an account that is locked; returns the row as it is then."""


class Administration:
    """Lists and changes other people's accounts.

    Args:
        database: of users.
        sessions: ends those of people who leave.
        credentials: knows who is locked out.
        directory_changed: called after the directory of practitioners changed.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        credentials: Credentials,
        directory_changed: DirectoryChanged,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._credentials = credentials
        self._directory_changed = directory_changed
        self._clock = clock

    async def search(self, caller: Principal, wanted: AccountSearch) -> Page[Account]:
        """Accounts that match everything given, by name."""
        caller.require(Permission.USERS_MANAGE)
        after = decode_cursor(wanted.cursor, str, UUID) if wanted.cursor else None
        criteria = AccountFilter(
            role=wanted.role,
            status=wanted.status,
            email=wanted.email,
            terms=search_terms(wanted.name),
        )
        rows = await self._database.read(
            lambda conn: accounts.page(conn, criteria, after, wanted.limit + 1)
        )
        found = page_of(rows, wanted.limit, lambda row: (row.search_name, row.id))
        return Page(
            items=[shapes.account(row) for row in found.items], next_cursor=found.next_cursor
        )

    async def get(self, caller: Principal, user_id: UUID) -> AccountDetail:
        """An account with what helps its owner back in.

        Raises:
            UserNotFound: there is no such person.
        """
        caller.require(Permission.USERS_MANAGE)
        return await self._database.read(lambda conn: self._detail(conn, user_id))

    async def deactivate(self, caller: Principal, user_id: UUID) -> Account:
        """Shuts the person out: sessions end, tokens are refused.

        Raises:
            UserNotFound: there is no such person.
            LastAdministrator: nobody who can let people in would be left.
        """

        def change(connection: Connection, row: Row[Any], now: datetime) -> Row[Any]:
            if row.status == AccountStatus.INACTIVE:
                return row
            values = {"status": AccountStatus.INACTIVE, "updated_at": now}
            changed = accounts.change(connection, user_id, values)
            self._sessions.end_everywhere(connection, user_id, SessionEnd.DEACTIVATED, now)
            note(connection, Activity.DEACTIVATED, user_id, at=now, actor=caller)
            publish(connection, Deactivated(user_id=user_id, occurred_at=now))
            return changed

        return await self._changed(caller, user_id, change, leaves=True)

    async def reactivate(self, caller: Principal, user_id: UUID) -> Account:
        """Lets the person in again.

        Raises:
            UserNotFound: there is no such person.
        """

        def change(connection: Connection, row: Row[Any], now: datetime) -> Row[Any]:
            if row.status != AccountStatus.INACTIVE:
                return row
            values = {"status": AccountStatus.ACTIVE, "updated_at": now}
            changed = accounts.change(connection, user_id, values)
            note(connection, Activity.REACTIVATED, user_id, at=now, actor=caller)
            publish(connection, Reactivated(user_id=user_id, occurred_at=now))
            return changed

        return await self._changed(caller, user_id, change)

    async def change_roles(
        self, caller: Principal, user_id: UUID, request: RolesChange, expected: int | None
    ) -> Account:
        """Gives the person these roles; tokens with the old ones are refused.

        Raises:
            UserNotFound: there is no such person.
            ProfileMissing: a clinical role needs its profile first.
            LastAdministrator: nobody who can let people in would be left.
            PreconditionFailed: changed since `expected`.
        """
        roles = set(request.roles)

        def change(connection: Connection, row: Row[Any], now: datetime) -> Row[Any]:
            check_version(row, expected)
            have = {Role(role) for role in profiles.roles_with_profile(connection, user_id)}
            check_profiles(roles - {Role.PATIENT}, have)
            if Role.PATIENT in roles - have:
                add_patient_profile(connection, row, {"gender": "unknown"})
            values = {"roles": sorted(roles), "updated_at": now}
            changed = accounts.change(connection, user_id, values)
            self._sessions.refuse_all(connection, user_id, now)
            note(connection, Activity.ROLES_CHANGED, user_id, at=now, actor=caller)
            publish(connection, RolesChanged(user_id=user_id, roles=sorted(roles), occurred_at=now))
            return changed

        leaves = Role.ADMINISTRATOR not in roles
        return await self._changed(caller, user_id, change, leaves=leaves)

    async def unlock(self, caller: Principal, user_id: UUID) -> Account:
        """Forgets the person's wrong passwords.

        Raises:
            UserNotFound: there is no such person.
        """

        def change(connection: Connection, row: Row[Any], now: datetime) -> Row[Any]:
            if row.email is not None:
                self._credentials.forget(connection, row.email)
            note(connection, Activity.UNLOCKED, user_id, at=now, actor=caller)
            return row

        return await self._changed(caller, user_id, change)

    async def put_profile(
        self, caller: Principal, user_id: UUID, request: StaffProfileFields, expected: int | None
    ) -> Profile:
        """Makes or replaces a staff profile.

        Raises:
            UserNotFound: there is no such person.
            LicenceTaken: a colleague has the licence number.
            PreconditionFailed: changed since `expected`.
        """
        caller.require(Permission.USERS_MANAGE)
        now, role = self._clock(), request.role
        values = request.model_dump(mode="json", exclude={"role"})

        def work(connection: Connection) -> Any:
            if accounts.lock(connection, user_id) is None:
                raise UserNotFound
            row = profiles.lock(connection, role, user_id)
            if row is None:
                written = profiles.add(connection, role, user_id, values)
            else:
                check_version(row, expected)
                written = profiles.change(connection, role, user_id, values)
            note(connection, Activity.PROFILE_CHANGED, user_id, at=now, actor=caller)
            publish(connection, PractitionerChanged(user_id=user_id, occurred_at=now))
            return shapes.profile(role, written)

        with named_conflicts():
            profile: Profile = await self._database.transact(work)
        await self._directory_changed()
        return profile

    async def _changed(
        self, caller: Principal, user_id: UUID, change: Change, *, leaves: bool = False
    ) -> Account:
        """Runs a change of a locked account; `leaves`: they stop being an administrator."""
        caller.require(Permission.USERS_MANAGE)
        now = self._clock()

        def work(connection: Connection) -> Account:
            administrators = accounts.hold_administrators(connection)
            row = accounts.lock(connection, user_id)
            if row is None:
                raise UserNotFound
            if leaves:
                check_administrator_remains(administrators, user_id)
            return shapes.account(change(connection, row, now))

        account = await self._database.transact(work)
        await self._directory_changed()
        return account

    def _detail(self, connection: Connection, user_id: UUID) -> AccountDetail:
        row = accounts.find(connection, user_id)
        if row is None:
            raise UserNotFound
        factor = second_factors.find(connection, user_id)
        subject = self._credentials.subject(row.email or "")
        return AccountDetail(
            **shapes.account_fields(row),
            second_factor=factor is not None and factor.confirmed_at is not None,
            locked_until=attempts.locked_until(connection, subject),
            identifiers=[
                Identifier(system=item.system, value=item.value)
                for item in accounts.identifiers_of(connection, user_id)
            ],
        )
