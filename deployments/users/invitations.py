"""Staff come in by invitation of an administrator."""

from datetime import datetime

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users.account_schemas import (
    Invitation,
    InvitationAcceptance,
    InvitationRequest,
    OfficeFields,
)
from deployments.users.codes import AccountStatus, Activity, TokenPurpose
from deployments.users.conflicts import named_conflicts
from deployments.users.enrolment import Enrolment
from deployments.users.errors import InvalidOneTimeToken
from deployments.users.events import Invited
from deployments.users.journal import note
from deployments.users.links import Links
from deployments.users.passwords import Passwords
from deployments.users.rules import check_password
from storage.database import Database
from storage.users import accounts, profiles


class Invitations:
    """Lets staff in.

    Args:
        database: of users.
        passwords: hashes theirs.
        enrolment: makes the rows.
        links: makes invitation tokens.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        enrolment: Enrolment,
        links: Links,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._enrolment = enrolment
        self._links = links
        self._clock = clock

    async def invite(self, caller: Principal, request: InvitationRequest) -> Invitation:
        """Makes the colleague's account, without a password, and has them sent a link.

        Raises:
            EmailTaken: the address has an account.
            LicenceTaken: another colleague has the licence number.
        """
        caller.require(Permission.USERS_MANAGE)
        now = self._clock()
        with named_conflicts():
            return await self._database.transact(
                lambda conn: self._record(conn, caller, request, now)
            )

    def _record(
        self, connection: Connection, caller: Principal, request: InvitationRequest, now: datetime
    ) -> Invitation:
        role = request.profile.role
        user = self._enrolment.add_person(
            connection,
            request,
            status=AccountStatus.INVITED,
            role=role,
            now=now,
            email=request.email,
        )
        if not isinstance(request.profile, OfficeFields):
            values = request.profile.model_dump(mode="json", exclude={"role"})
            profiles.add(connection, role, user.id, values)
        note(connection, Activity.INVITED, user.id, at=now, actor=caller)
        token_id = self._links.issue(connection, user.id, TokenPurpose.INVITATION, now)
        publish(
            connection,
            Invited(user_id=user.id, token_id=token_id, roles=[role], occurred_at=now),
        )
        return Invitation(user_id=user.id, email=request.email, roles=[role])

    async def accept(self, request: InvitationAcceptance) -> None:
        """Activates the account with a password of the colleague's own.

        Raises:
            InvalidOneTimeToken: the link does not work (any more).
            WeakPassword: the password is too easy to guess; the link still works.
        """
        owner = await self._links.owner(request.token, TokenPurpose.INVITATION)
        user = await self._database.read(lambda conn: accounts.find(conn, owner))
        if user is None or user.status != AccountStatus.INVITED:
            raise InvalidOneTimeToken
        password = request.password.get_secret_value()
        check_password(password, email=user.email, names=(user.family_name, user.given_name))
        hashed, now = await self._passwords.hash(password), self._clock()

        def work(connection: Connection) -> None:
            self._links.spend(connection, request.token, TokenPurpose.INVITATION, now)
            invited = accounts.lock(connection, owner)
            if invited is None or invited.status != AccountStatus.INVITED:
                raise InvalidOneTimeToken  # shut out while the password was hashed
            accounts.change(
                connection,
                owner,
                {
                    "status": AccountStatus.ACTIVE,
                    "password_hash": hashed,
                    "password_changed_at": now,
                    "email_verified_at": now,  # the link came to it
                    "updated_at": now,
                },
            )
            note(connection, Activity.INVITATION_ACCEPTED, owner, at=now)

        await self._database.transact(work, keyed=False)
