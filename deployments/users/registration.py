"""Patients make their own accounts and prove their e-mail addresses."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users.account_schemas import Registered, RegistrationRequest
from deployments.users.codes import AccountStatus, Activity, TokenPurpose
from deployments.users.conflicts import named_conflicts
from deployments.users.enrolment import Enrolment, add_patient_profile
from deployments.users.errors import EmailAlreadyVerified, UserNotFound
from deployments.users.events import (
    EmailVerificationRequested,
    EmailVerified,
    UserRegistered,
)
from deployments.users.journal import note
from deployments.users.links import Links
from deployments.users.passwords import Passwords
from deployments.users.rules import check_password
from storage.database import Database
from storage.users import accounts, one_time_tokens


class Registration:
    """Takes patients in.

    Args:
        database: of users.
        passwords: hashes theirs.
        enrolment: makes the rows.
        links: makes verification tokens.
        resend: pause before the same person is sent a link again.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        enrolment: Enrolment,
        links: Links,
        resend: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._enrolment = enrolment
        self._links = links
        self._resend = resend
        self._clock = clock

    async def register(self, request: RegistrationRequest) -> Registered:
        """Makes a patient's account; they may sign in at once, and are sent a link to verify.

        Raises:
            WeakPassword: the password is too easy to guess.
            EmailTaken: the address has an account. Hiding that would need a verified address
                before the first sign-in, since the new password working or not tells it too.
        """
        password = request.password.get_secret_value()
        names = (request.family_name, request.given_name)
        check_password(password, email=request.email, names=names)
        hashed = await self._passwords.hash(password)
        now = self._clock()
        with named_conflicts():
            return await self._database.transact(
                lambda conn: self._record(conn, request, hashed, now)
            )

    def _record(
        self, connection: Connection, request: RegistrationRequest, hashed: str, now: datetime
    ) -> Registered:
        user = self._enrolment.add_person(
            connection,
            request,
            status=AccountStatus.ACTIVE,
            role=Role.PATIENT,
            now=now,
            email=request.email,
            password_hash=hashed,
            password_changed_at=now,
        )
        values = {"birth_date": request.birth_date, "gender": request.gender}
        profile = add_patient_profile(connection, user, values)
        note(connection, Activity.REGISTERED, user.id, at=now)
        publish(connection, UserRegistered(user_id=user.id, occurred_at=now))
        self._ask_to_verify(connection, user.id, now)
        return Registered(user_id=user.id, medical_record_number=profile.medical_record_number)

    async def resend_verification(self, caller: Principal) -> None:
        """Has the caller sent a new link; older links stop working.

        Raises:
            EmailAlreadyVerified: there is nothing to verify.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now = self._clock()

        def work(connection: Connection) -> None:
            user = accounts.lock(connection, caller.user_id)
            if user is None:
                raise UserNotFound
            if user.email_verified_at is not None:
                raise EmailAlreadyVerified
            purpose, since = TokenPurpose.EMAIL_VERIFICATION, now - self._resend
            if not one_time_tokens.was_sent_after(connection, user.id, purpose, since):
                self._ask_to_verify(connection, user.id, now)

        await self._database.transact(work)

    async def verify_email(self, token: str) -> None:
        """Notes that the address is its owner's.

        Raises:
            InvalidOneTimeToken: the link does not work (any more).
        """
        now = self._clock()

        def work(connection: Connection) -> None:
            purpose = TokenPurpose.EMAIL_VERIFICATION
            owner = self._links.spend(connection, token, purpose, now)
            accounts.change(connection, owner, {"email_verified_at": now, "updated_at": now})
            note(connection, Activity.EMAIL_VERIFIED, owner, at=now)
            publish(connection, EmailVerified(user_id=owner, occurred_at=now))

        await self._database.transact(work, keyed=False)

    def _ask_to_verify(self, connection: Connection, user_id: UUID, now: datetime) -> None:
        purpose = TokenPurpose.EMAIL_VERIFICATION
        token_id = self._links.issue(connection, user_id, purpose, now)
        publish(
            connection,
            EmailVerificationRequested(user_id=user_id, token_id=token_id, occurred_at=now),
        )
