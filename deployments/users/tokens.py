"""Access tokens (signed, short) and refresh tokens (opaque, rotated).

Claims of an access token, a JWT (RFC 7519) of the profile of RFC 9068, signed with EdDSA:

| claim | meaning |
|---|---|
| `iss`, `aud` | settings `issuer` and `audience` |
| `sub` | id of the person |
| `jti` | id of the token; stands in a revocation of that one token |
| `sid` | id of the session, the family of its refresh tokens |
| `roles` | list of roles |
| `iat`, `nbf`, `exp` | seconds, with a fraction: "not before" revocations compare `iat` |

Header: `alg` EdDSA, `typ` at+jwt, `kid` a key of `jwks()`.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deployments.access import Role
from deployments.users.sealing import Sealer

ALGORITHM: Final = "EdDSA"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  # a media type
REFRESH_BYTES: Final = 32
SUCCESSOR: Final = "refresh-successor"


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now."""

    kid: str
    private: Ed25519PrivateKey


@dataclass(frozen=True)
class AccessTokens:
    """Mints access tokens.

    Attributes:
        lifetime: of one token; at most 10 minutes (rule R25).
    """

    issuer: str
    audience: str
    lifetime: timedelta

    def mint(
        self,
        key: SigningKey,
        *,
        user_id: UUID,
        session_id: UUID,
        roles: Iterable[Role],
        token_id: str,
        now: datetime,
    ) -> str:
        """A signed token that says who the caller is until `now + lifetime`."""
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(user_id),
            "jti": token_id,
            "sid": str(session_id),
            "roles": sorted(roles),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + self.lifetime).timestamp(),
        }
        headers = {"kid": key.kid, "typ": TOKEN_TYPE}
        return jwt.encode(claims, key.private, ALGORITHM, headers)


def new_token_id() -> str:
    """A fresh `jti`, 128 random bits."""
    return secrets.token_urlsafe(16)


def first_refresh_token() -> str:
    """An opaque secret of 256 random bits, the first of its family."""
    return secrets.token_urlsafe(REFRESH_BYTES)


def successor(sealer: Sealer, refresh_token: str) -> str:
    """The token that is given in exchange for this one.

    It is computed, not drawn, so that a client that lost the answer can be given the same
    successor again although only its hash is stored. Without the secret key it is as good as
    random.
    """
    drawn = sealer.mac(SUCCESSOR, refresh_token.encode())
    return base64.urlsafe_b64encode(drawn).decode().rstrip("=")


def digest(token: str) -> bytes:
    """What is stored of a token with 256 bits of its own: SHA-256; no salt is needed then."""
    return hashlib.sha256(token.encode()).digest()
