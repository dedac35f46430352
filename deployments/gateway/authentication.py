"""Who is calling: access tokens verified here, in every replica, without asking anybody.

Keys and revocations come from users and are refreshed by a supervised loop, so that a revoked
token is refused within two seconds on every service, Redis or no Redis (rules R25, rows 26-28).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import jwt
from pydantic import ValidationError

from deployments.access import Principal
from deployments.clock import Clock, utc_now
from deployments.errors import DomainError, Unauthenticated
from deployments.users.schemas import Revocation
from storage.database import DatabaseUnavailable

ALGORITHM: Final = "EdDSA"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  # RFC 9068
CLAIMS: Final = ("iss", "aud", "sub", "jti", "iat", "nbf", "exp", "roles")
REMEMBERED: Final = 10_000
LEEWAY_S: Final = 2
POLL_S: Final = 1.0
KEYS_POLL_S: Final = 60.0
KEYS_COOLDOWN_S: Final = 2.0


class KeySource(Protocol):
    """Where keys and revocations come from: users itself, or its client."""

    async def jwks(self) -> list[dict[str, str]]:
        """The public keys, as JWKs."""

    async def revocations_after(self, sequence: int) -> Sequence[Revocation]:
        """Live revocations with a higher sequence, in order."""


class Authenticator:
    """Verifies tokens and remembers the verified ones until they expire.

    Args:
        source: of keys and revocations.
        issuer: the only accepted `iss`.
        audience: the accepted `aud`.
        clock: the time.
    """

    def __init__(
        self, source: KeySource, *, issuer: str, audience: str, clock: Clock = utc_now
    ) -> None:
        self._source = source
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_at = float("-inf")
        self._verified: OrderedDict[str, Principal] = OrderedDict()
        self._denied: dict[str, datetime] = {}
        self._not_before: dict[UUID, tuple[datetime, datetime]] = {}
        self._sequence = 0
        self._lock = asyncio.Lock()

    async def authenticate(self, token: str) -> Principal:
        """The person that the access token proves.

        Raises:
            Unauthenticated: forged, expired, revoked, or not an access token of ours.
        """
        principal = self._verified.get(token)
        if principal is None:
            principal = await self._verify(token)
            self._remember(token, principal)
        if not self.is_live(principal):
            raise Unauthenticated("the token has expired or was revoked")
        return principal

    def is_live(self, principal: Principal) -> bool:
        """Whether the token behind the principal is still good: not expired, not revoked."""
        if self._clock() >= principal.expires_at:
            return False
        if principal.token_id in self._denied:
            return False
        revoked = self._not_before.get(principal.user_id)
        return revoked is None or principal.issued_at >= revoked[0]

    async def keep_current(self) -> None:
        """Follows revocations every second and keys every minute, until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_S)

    async def refresh(self) -> None:
        """Takes over what was revoked since the last look."""
        try:
            if self._age_of_keys() > KEYS_POLL_S:
                await self._load_keys()
            else:
                await self._follow_revocations()
        except (DomainError, DatabaseUnavailable):
            return  # users is restarting, or its database: what is known stays in force
        self._forget_expired()

    async def _follow_revocations(self) -> None:
        while found := await self._source.revocations_after(self._sequence):
            for revocation in found:
                self._take(revocation)

    def _take(self, revocation: Revocation) -> None:
        self._sequence = max(self._sequence, revocation.sequence)
        if revocation.token_id is not None:
            self._denied[revocation.token_id] = revocation.expires_at
        if revocation.user_id is not None and revocation.not_before is not None:
            latest = revocation.not_before, revocation.expires_at
            known = self._not_before.get(revocation.user_id, latest)
            self._not_before[revocation.user_id] = max(known, latest)

    def _forget_expired(self) -> None:
        now = self._clock()
        self._denied = {key: end for key, end in self._denied.items() if end > now}
        self._not_before = {
            user_id: item for user_id, item in self._not_before.items() if item[1] > now
        }

    def _remember(self, token: str, principal: Principal) -> None:
        self._verified[token] = principal
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)

    async def _verify(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM or header.get("typ") != TOKEN_TYPE:
                raise Unauthenticated("not an access token")
            key = await self._key(str(header.get("kid")))
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": list(CLAIMS)},
            )
            return Principal(
                user_id=claims["sub"],
                roles=claims["roles"],
                token_id=claims["jti"],
                session_id=claims.get("sid"),
                issued_at=claims["iat"],
                expires_at=claims["exp"],
            )
        except (jwt.PyJWTError, ValidationError, ValueError, RecursionError):
            raise Unauthenticated("the token is not valid") from None

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and self._age_of_keys() > KEYS_COOLDOWN_S:
                    await self._load_keys()
        if kid not in self._keys:
            raise Unauthenticated("signed with an unknown key")
        return self._keys[kid]

    def _age_of_keys(self) -> float:
        return asyncio.get_running_loop().time() - self._keys_at

    async def _load_keys(self) -> None:
        """Takes keys over, revocations first: a new replica lets nobody in that others refuse."""
        await self._follow_revocations()
        keys = await self._source.jwks()
        self._keys = {key["kid"]: jwt.PyJWK(key, algorithm=ALGORITHM) for key in keys}
        self._keys_at = asyncio.get_running_loop().time()
