"""Ed25519 keys of access tokens: published before they sign, kept until their tokens are gone."""

import asyncio
import base64
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.users.sealing import Sealer
from deployments.users.tokens import ALGORITHM, SigningKey
from storage.database import Database
from storage.users import signing_keys

PURPOSE: Final = "signing-key"
RETIRED_KEPT: Final = timedelta(hours=1)
"""How long a retired key verifies: much longer than a token lives, so no valid one is lost."""
REMEMBERED: Final = timedelta(seconds=30)
LOOK_EVERY_S: Final = 60.0


class SigningKeys:
    """The keys of all replicas, moved by whichever replica looks first.

    Args:
        database: of users.
        sealer: opens the private keys.
        period: how long a key signs; it is published for as long before.
        clock: the time.
    """

    def __init__(
        self, database: Database, sealer: Sealer, period: timedelta, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._period = period
        self._clock = clock
        self._current: tuple[datetime, SigningKey] | None = None

    async def current(self) -> SigningKey:
        """The key that signs now.

        Raises:
            WrongSecretKey: the keys were sealed with another secret key.
        """
        now = self._clock()
        if self._current is None or now - self._current[0] > REMEMBERED:
            rows = await self._database.read(signing_keys.all_keys)
            current = [row for row in rows if row.status == "current"]
            if not current:
                await self.rotate()
                return await self.current()
            self._current = now, self._opened(current[0])
        return self._current[1]

    async def jwks(self) -> list[dict[str, str]]:
        """Public keys that valid tokens may be signed with, now or soon (RFC 8037)."""
        rows = await self._database.read(signing_keys.all_keys)
        if not rows:
            await self.rotate()
            return await self.jwks()
        return [_jwk(row) for row in rows]

    async def rotate(self) -> None:
        """Makes the first keys; moves them on when the current one has signed for its period."""
        await self._database.transact(self._rotate, keyed=False)
        self._current = None

    async def keep_rotated(self) -> None:
        """Looks once a minute whether keys are due, until cancelled."""
        while True:
            await self.rotate()
            await asyncio.sleep(LOOK_EVERY_S)

    def _rotate(self, connection: Connection) -> None:
        now = self._clock()
        signing_keys.hold(connection)
        current = [row for row in signing_keys.all_keys(connection) if row.status == "current"]
        if not current:
            self._add(connection, "current", now)
            self._add(connection, "next", now)
        elif current[0].since + self._period <= now:
            signing_keys.move(connection, "current", "retired", now)
            signing_keys.move(connection, "next", "current", now)
            self._add(connection, "next", now)
        signing_keys.forget_retired(connection, now - RETIRED_KEPT)

    def _add(self, connection: Connection, status: str, now: datetime) -> None:
        kid = secrets.token_urlsafe(9)
        private = Ed25519PrivateKey.generate()
        signing_keys.add(
            connection,
            kid=kid,
            status=status,
            sealed_private_key=self._sealer.seal(PURPOSE, kid, private.private_bytes_raw()),
            public_key=private.public_key().public_bytes_raw(),
            now=now,
        )

    def _opened(self, row: Row[Any]) -> SigningKey:
        raw = self._sealer.open(PURPOSE, row.id, bytes(row.sealed_private_key))
        return SigningKey(row.id, Ed25519PrivateKey.from_private_bytes(raw))


def _jwk(row: Row[Any]) -> dict[str, str]:
    x = base64.urlsafe_b64encode(bytes(row.public_key)).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": row.id, "x": x}
