"""Changing a password, and choosing a new one when it is forgotten."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users.codes import Activity, SessionEnd, TokenPurpose
from deployments.users.credentials import Credentials
from deployments.users.errors import InvalidOneTimeToken
from deployments.users.events import PasswordChanged, PasswordResetRequested
from deployments.users.journal import note
from deployments.users.links import Links
from deployments.users.passwords import Passwords
from deployments.users.rules import check_password
from deployments.users.session_schemas import PasswordChange, PasswordReset
from deployments.users.sessions import Sessions
from storage.database import Database
from storage.users import accounts, one_time_tokens


class PasswordChanges:
    """Gives people new passwords.

    Args:
        database: of users.
        credentials: proves the current password.
        passwords: hashes the new one.
        sessions: ends the others.
        links: makes reset tokens.
        resend: pause before the same person is sent a link again.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        passwords: Passwords,
        sessions: Sessions,
        links: Links,
        resend: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._credentials = credentials
        self._passwords = passwords
        self._sessions = sessions
        self._links = links
        self._resend = resend
        self._clock = clock

    async def change(self, caller: Principal, request: PasswordChange) -> None:
        """Changes the caller's password and ends their other sessions.

        Raises:
            WrongPassword: the current one is wrong.
            WeakPassword: the new one is too easy to guess.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        new = request.new_password.get_secret_value()
        current = request.current_password.get_secret_value()
        async with self._credentials.again(caller, current) as account:
            _check(account, new, "/new_password")
            hashed, now = await self._passwords.hash(new), self._clock()

            def work(connection: Connection) -> None:
                self._credentials.forget(connection, account.email)
                _store(connection, account.id, hashed, now)
                reason = SessionEnd.PASSWORD_CHANGED
                self._sessions.end_others(connection, caller, reason, now)
                note(connection, Activity.PASSWORD_CHANGED, account.id, at=now, actor=caller)
                publish(
                    connection,
                    PasswordChanged(user_id=account.id, by_reset=False, occurred_at=now),
                )

            await self._database.transact(work, keyed=False)

    async def request_reset(self, email: str) -> None:
        """Has a link sent to the address, if somebody who may sign in has it; never says so."""
        now = self._clock()

        def work(connection: Connection) -> None:
            account = accounts.find_by_email(connection, email)
            if account is None or account.status != "active":
                return
            purpose, since = TokenPurpose.PASSWORD_RESET, now - self._resend
            if one_time_tokens.was_sent_after(connection, account.id, purpose, since):
                return
            token_id = self._links.issue(connection, account.id, purpose, now)
            note(connection, Activity.PASSWORD_RESET_REQUESTED, account.id, at=now)
            publish(
                connection,
                PasswordResetRequested(user_id=account.id, token_id=token_id, occurred_at=now),
            )

        await self._database.transact(work, keyed=False)

    async def reset(self, request: PasswordReset) -> None:
        """Sets a new password, ends every session, and unlocks the address.

        Raises:
            InvalidOneTimeToken: the link does not work (any more).
            WeakPassword: the new password is too easy to guess; the link still works.
        """
        owner = await self._links.owner(request.token, TokenPurpose.PASSWORD_RESET)
        account = await self._database.read(lambda conn: accounts.find(conn, owner))
        if account is None or account.status != "active":
            raise InvalidOneTimeToken
        new = request.password.get_secret_value()
        _check(account, new, "/password")
        hashed, now = await self._passwords.hash(new), self._clock()

        def work(connection: Connection) -> None:
            self._links.spend(connection, request.token, TokenPurpose.PASSWORD_RESET, now)
            _store(connection, owner, hashed, now, email_verified_at=now)
            self._credentials.forget(connection, account.email)
            reason = SessionEnd.PASSWORD_CHANGED
            self._sessions.end_everywhere(connection, owner, reason, now)
            note(connection, Activity.PASSWORD_RESET, owner, at=now)
            publish(connection, PasswordChanged(user_id=owner, by_reset=True, occurred_at=now))

        await self._database.transact(work, keyed=False)


def _check(account: Row[Any], password: str, pointer: str) -> None:
    names = (account.family_name, account.given_name)
    check_password(password, email=account.email, names=names, pointer=pointer)


def _store(
    connection: Connection, user_id: UUID, hashed: str, now: datetime, **others: datetime
) -> None:
    values: dict[str, Any] = {"password_hash": hashed, "password_changed_at": now, **others}
    accounts.change(connection, user_id, values | {"updated_at": now})
