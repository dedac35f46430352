"""Proving a password: attempts are counted first, and nobody learns which addresses exist."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.clock import Clock, utc_now
from deployments.logs import request_id
from deployments.users.codes import Activity
from deployments.users.errors import (
    InvalidCredentials,
    TooManyAttempts,
    UserNotFound,
    WrongPassword,
)
from deployments.users.journal import SELF
from deployments.users.passwords import Passwords
from deployments.users.sealing import Sealer
from storage import audit
from storage.database import Database
from storage.users import accounts, activity, attempts

SUBJECT: Final = "sign-in-subject"


class Credentials:
    """Checks e-mail addresses and passwords.

    Args:
        database: of users.
        passwords: does the hashing.
        sealer: hides the addresses in the attempts table.
        lockout: how wrong passwords are slowed down.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sealer: Sealer,
        lockout: attempts.Lockout,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._sealer = sealer
        self._lockout = lockout
        self._clock = clock

    @asynccontextmanager
    async def proven(
        self, email: str, password: str, user_agent: str | None = None
    ) -> AsyncIterator[Row[Any]]:
        """The account that address and password belong to, with `sealed_secret`.

        An attempt is taken when the hashing begins, not while waiting for it, and the block
        must `forget` the attempts before the next one is let in. So parallel sign-ins with the
        right password do not lock each other out, and parallel guesses get only the limit.

        Raises:
            TooManyAttempts: the address is locked; nothing was hashed.
            InvalidCredentials: wrong, unknown, or not active.
        """
        async with self._passwords.turn:
            row = await self._attempt(email)
            stored = row.password_hash if row else None
            right = await self._passwords.matches(stored, password)
            if row is None or not right or row.status != "active":
                await self.note_failure(email, user_agent)
                raise InvalidCredentials
            yield row

    @asynccontextmanager
    async def again(self, caller: Principal, password: str) -> AsyncIterator[Row[Any]]:
        """The caller's account, after they typed their password once more.

        Raises:
            TooManyAttempts: too many wrong ones.
            WrongPassword: it is wrong.
        """
        row = await self._database.read(lambda conn: accounts.find(conn, caller.user_id))
        if row is None or row.email is None:
            raise UserNotFound
        try:
            async with self.proven(row.email, password) as proven:
                yield proven
        except InvalidCredentials:
            raise WrongPassword from None

    def forget(self, connection: Connection, email: str) -> None:
        """Forgets the attempts, in the transaction of what the password was proven for."""
        attempts.clear(connection, self.subject(email))

    def subject(self, email: str) -> bytes:
        """What stands for the address in the attempts table."""
        return self._sealer.mac(SUBJECT, email.encode())

    async def note_failure(self, email: str, user_agent: str | None) -> None:
        """Writes down a failed sign-in; the same statements for known and unknown addresses."""
        now = self._clock()

        def work(connection: Connection) -> None:
            activity.write_by_email(connection, email, Activity.SIGN_IN_FAILED, now, user_agent)
            audit.write(
                connection,
                actor_id=None,
                actor_role=SELF,
                action=f"users.{Activity.SIGN_IN_FAILED}",
                object_type="User",
                object_id=None,
                outcome="failure",
                request_id=request_id(),
                at=now,
            )

        await self._database.transact(work, keyed=False)

    async def _attempt(self, email: str) -> Row[Any] | None:
        now, subject = self._clock(), self.subject(email)

        def work(connection: Connection) -> tuple[bool, Any]:
            if attempts.take(connection, subject, self._lockout, now):
                return True, accounts.find_credentials(connection, email)
            return False, attempts.locked_until(connection, subject)

        allowed, found = await self._database.transact(work, keyed=False)
        if not allowed:
            seconds = max(1, round((found - now).total_seconds())) if found else 1
            raise TooManyAttempts(f"try again in {seconds} s", [], seconds)
        account: Row[Any] | None = found
        return account
