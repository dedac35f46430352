"""TOTP as a second factor, with recovery codes for a lost phone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users import totp
from deployments.users.codes import Activity
from deployments.users.credentials import Credentials
from deployments.users.errors import (
    SecondFactorRequired,
    SecondFactorWrong,
    TotpAlreadyEnabled,
    TotpNotEnabled,
    WrongTotpCode,
)
from deployments.users.events import SecondFactorChanged
from deployments.users.journal import note
from deployments.users.sealing import Sealer
from deployments.users.session_schemas import RecoveryCodes, SignInRequest, TotpSetup
from storage.database import Database
from storage.users import second_factors

SECRET: Final = "totp-secret"  # noqa: S105  # a purpose, not a secret
CODE: Final = "recovery-code"


class SecondFactors:
    """Sets up and checks second factors.

    Args:
        database: of users.
        credentials: asks for the password again before the factor changes.
        sealer: seals TOTP secrets and hashes recovery codes.
        issuer: name of the hospital in authenticator apps.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        sealer: Sealer,
        issuer: str,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._credentials = credentials
        self._sealer = sealer
        self._issuer = issuer
        self._clock = clock

    async def begin(self, caller: Principal, password: str) -> TotpSetup:
        """A secret for the caller's app; in force once `confirm` has seen a code.

        Raises:
            WrongPassword: the password is wrong.
            TotpAlreadyEnabled: switch it off first.
        """
        secret = totp.new_secret()
        sealed = self._sealer.seal(SECRET, str(caller.user_id), secret.encode())

        def work(connection: Connection, _now: datetime) -> None:
            if not second_factors.begin(connection, caller.user_id, sealed):
                raise TotpAlreadyEnabled

        account = await self._after_password(caller, password, work)
        uri = totp.provisioning_uri(secret, account.email, self._issuer)
        return TotpSetup(secret=secret, provisioning_uri=uri)

    async def confirm(self, caller: Principal, code: str) -> RecoveryCodes:
        """Puts the second factor in force; from now on signing in asks for it.

        Raises:
            TotpNotEnabled: its set-up was not begun.
            TotpAlreadyEnabled: it is in force.
            WrongTotpCode: the code is wrong.
        """
        caller.require(Permission.USERS_UPDATE_OWN)
        now, codes = self._clock(), totp.new_recovery_codes()

        def work(connection: Connection) -> None:
            factor = second_factors.find(connection, caller.user_id)
            if factor is None:
                raise TotpNotEnabled
            step = totp.matching_step(self._opened(factor), code, now)
            if step is None:
                raise WrongTotpCode
            if not second_factors.confirm(connection, caller.user_id, step, now):
                raise TotpAlreadyEnabled
            self._store_codes(connection, caller, codes)
            note(connection, Activity.TOTP_ENABLED, caller.user_id, at=now, actor=caller)
            publish(connection, SecondFactorChanged(user_id=caller.user_id, enabled=True))

        await self._database.transact(work, keyed=False)
        return RecoveryCodes(codes=codes)

    async def disable(self, caller: Principal, password: str) -> None:
        """Takes the second factor away.

        Raises:
            WrongPassword: the password is wrong.
            TotpNotEnabled: there is none.
        """

        def work(connection: Connection, now: datetime) -> None:
            if not second_factors.remove(connection, caller.user_id):
                raise TotpNotEnabled
            note(connection, Activity.TOTP_DISABLED, caller.user_id, at=now, actor=caller)
            publish(connection, SecondFactorChanged(user_id=caller.user_id, enabled=False))

        await self._after_password(caller, password, work)

    async def renew_codes(self, caller: Principal, password: str) -> RecoveryCodes:
        """Ten new recovery codes; the old ones stop working.

        Raises:
            WrongPassword: the password is wrong.
            TotpNotEnabled: there is no second factor.
        """
        codes = totp.new_recovery_codes()

        def work(connection: Connection, now: datetime) -> None:
            factor = second_factors.find(connection, caller.user_id)
            if factor is None or factor.confirmed_at is None:
                raise TotpNotEnabled
            self._store_codes(connection, caller, codes)
            note(connection, Activity.RECOVERY_CODES_RENEWED, caller.user_id, at=now, actor=caller)

        await self._after_password(caller, password, work)
        return RecoveryCodes(codes=codes)

    def check(
        self, connection: Connection, account: Row[Any], request: SignInRequest, now: datetime
    ) -> None:
        """Passes when the request proves the account's second factor, or there is none.

        What was used, a time step or a recovery code, is used up in the caller's transaction.

        Raises:
            SecondFactorRequired: a code is missing.
            SecondFactorWrong: it is wrong or was used before.
        """
        if account.sealed_secret is None:
            return
        if request.recovery_code is not None:
            hashed = self._hashed(request.recovery_code)
            if not second_factors.use_code(connection, account.id, hashed):
                raise SecondFactorWrong
            note(connection, Activity.RECOVERY_CODE_USED, account.id, at=now)
        elif request.totp is not None:
            secret = self._sealer.open(SECRET, str(account.id), bytes(account.sealed_secret))
            step = totp.matching_step(secret.decode(), request.totp, now)
            if step is None or not second_factors.use_step(connection, account.id, step):
                raise SecondFactorWrong
        else:
            raise SecondFactorRequired

    async def _after_password(
        self,
        caller: Principal,
        password: str,
        change: Callable[[Connection, datetime], None],
    ) -> Row[Any]:
        caller.require(Permission.USERS_UPDATE_OWN)
        async with self._credentials.again(caller, password) as account:
            now = self._clock()

            def work(connection: Connection) -> None:
                self._credentials.forget(connection, account.email)
                change(connection, now)

            await self._database.transact(work, keyed=False)
            return account

    def _store_codes(self, connection: Connection, caller: Principal, codes: list[str]) -> None:
        hashed = [self._hashed(code) for code in codes]
        second_factors.replace_codes(connection, caller.user_id, hashed)

    def _hashed(self, code: str) -> bytes:
        return self._sealer.mac(CODE, totp.recovery_form(code).encode())

    def _opened(self, factor: Row[Any]) -> str:
        sealed = bytes(factor.sealed_secret)
        return self._sealer.open(SECRET, str(factor.user_id), sealed).decode()
