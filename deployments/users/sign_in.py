"""Signing in: address and password, then the second factor, then a session."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.users.codes import AccountStatus, Activity
from deployments.users.credentials import Credentials
from deployments.users.errors import InvalidCredentials, SecondFactorWrong
from deployments.users.journal import note
from deployments.users.passwords import Passwords
from deployments.users.schemas import SignedIn
from deployments.users.second_factor import SecondFactors
from deployments.users.session_schemas import SignInRequest
from deployments.users.sessions import Opened, Sessions
from storage.database import Database
from storage.users import accounts


class SignIn:
    """Lets people in."""

    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        factors: SecondFactors,
        sessions: Sessions,
        passwords: Passwords,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._credentials = credentials
        self._factors = factors
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    async def sign_in(self, request: SignInRequest, user_agent: str | None) -> SignedIn:
        """Tokens of a new session.

        Raises:
            InvalidCredentials: wrong, unknown or not active; never says which.
            TooManyAttempts: too many wrong ones for this address, known or not.
            SecondFactorRequired: the password is right; send `totp` or `recovery_code` too.
            SecondFactorWrong: that code is wrong or was used before.
        """
        password = request.password.get_secret_value()
        async with self._credentials.proven(request.email, password, user_agent) as account:
            renewed = await self._renewed_hash(account, password)
            now = self._clock()
            try:
                opened = await self._database.transact(
                    lambda conn: self._enter(conn, account, request, renewed, now, user_agent),
                    keyed=False,
                )
            except SecondFactorWrong:
                await self._credentials.note_failure(request.email, user_agent)
                raise
        return await self._sessions.signed(opened)

    def _enter(
        self,
        connection: Connection,
        account: Row[Any],
        request: SignInRequest,
        renewed_hash: str | None,
        now: datetime,
        user_agent: str | None,
    ) -> Opened:
        current = accounts.lock(connection, account.id)
        if current is None or not _is_still_proven(current, account):
            raise InvalidCredentials
        self._factors.check(connection, account, request, now)
        self._credentials.forget(connection, request.email)
        if renewed_hash is not None:
            accounts.change(connection, account.id, {"password_hash": renewed_hash})
        opened = self._sessions.open(connection, current, now, user_agent)
        note(
            connection,
            Activity.SIGNED_IN,
            account.id,
            at=now,
            session_id=opened.session_id,
            user_agent=user_agent,
        )
        return opened

    async def _renewed_hash(self, account: Row[Any], password: str) -> str | None:
        """A hash with today's parameters, when the stored one has older ones."""
        if not self._passwords.is_outdated(account.password_hash):
            return None
        return await self._passwords.hash(password)


def _is_still_proven(current: Row[Any], proven: Row[Any]) -> bool:
    """Whether nobody deactivated the account, or changed its password, since it was proven."""
    unchanged: bool = current.password_changed_at == proven.password_changed_at
    return unchanged and current.status == AccountStatus.ACTIVE
