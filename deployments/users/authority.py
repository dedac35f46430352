"""What every service needs to check access tokens: public keys and revocations."""

from deployments.clock import Clock, utc_now
from deployments.users import shapes
from deployments.users.schemas import Revocation
from deployments.users.signing_keys import SigningKeys
from storage.database import Database
from storage.users import revocations


class Authority:
    """The source that `Authenticator` follows: inside users directly, elsewhere by handle."""

    def __init__(self, database: Database, keys: SigningKeys, clock: Clock = utc_now) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def jwks(self) -> list[dict[str, str]]:
        """Public keys (JWK) that valid access tokens may be signed with, now or soon."""
        return await self._keys.jwks()

    async def revocations_after(self, sequence: int) -> list[Revocation]:
        """Revocations that were committed after `sequence` and have not expired, in order."""
        now = self._clock()
        rows = await self._database.read(lambda conn: revocations.after(conn, sequence, now))
        return [shapes.revocation(row) for row in rows]
