"""How the first people get in: the first administrator, and the accounts of a demonstration."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.users.account_schemas import PersonFields
from deployments.users.codes import AccountStatus, Activity
from deployments.users.conflicts import named_conflicts
from deployments.users.enrolment import Enrolment
from deployments.users.errors import AdministratorExists, NotInDevelopment, UserNotFound
from deployments.users.journal import note
from deployments.users.passwords import Passwords
from deployments.users.rules import check_password
from storage.database import Database
from storage.users import accounts


class Beginnings:
    """Operations of the command line that give people a password.

    Args:
        database: of users.
        passwords: hashes theirs.
        enrolment: makes the rows.
        production: refuses demo passwords when True.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        enrolment: Enrolment,
        *,
        production: bool,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._enrolment = enrolment
        self._production = production
        self._clock = clock

    async def create_first_administrator(
        self, caller: Principal, email: str, password: str, family_name: str, given_name: str
    ) -> UUID:
        """Makes the administrator who invites everybody else.

        Raises:
            AdministratorExists: there is an active one.
            WeakPassword: the password is too easy to guess.
            EmailTaken: the address has an account.
        """
        caller.require(Permission.USERS_MANAGE)
        fields = PersonFields(family_name=family_name, given_name=given_name)
        check_password(password, email=email, names=(family_name, given_name))
        hashed, now = await self._passwords.hash(password), self._clock()

        def work(connection: Connection) -> UUID:
            if accounts.hold_administrators(connection):
                raise AdministratorExists
            user = self._enrolment.add_person(
                connection,
                fields,
                status=AccountStatus.ACTIVE,
                role=Role.ADMINISTRATOR,
                now=now,
                email=email.lower(),
                email_verified_at=now,
                password_hash=hashed,
                password_changed_at=now,
            )
            note(connection, Activity.REGISTERED, user.id, at=now, actor=caller)
            user_id: UUID = user.id
            return user_id

        with named_conflicts():
            return await self._database.transact(work, keyed=False)

    async def set_demo_password(
        self, caller: Principal, user_id: UUID, email: str, password: str
    ) -> None:
        """Gives an imported person an address and a password to try things out with.

        Raises:
            NotInDevelopment: this is production.
            UserNotFound: there is no such person.
            EmailTaken: another person has the e-mail address.
        """
        caller.require(Permission.USERS_MANAGE)
        if self._production:
            raise NotInDevelopment
        hashed, now = await self._passwords.hash(password), self._clock()

        def work(connection: Connection) -> None:
            if accounts.lock(connection, user_id) is None:
                raise UserNotFound
            values = {
                "status": AccountStatus.ACTIVE,
                "email": email.lower(),
                "email_verified_at": now,
                "password_hash": hashed,
                "password_changed_at": now,
                "updated_at": now,
            }
            accounts.change(connection, user_id, values)
            note(connection, Activity.PASSWORD_CHANGED, user_id, at=now, actor=caller)

        with named_conflicts():
            await self._database.transact(work, keyed=False)
