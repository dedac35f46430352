"""What every service needs of users: keys, revocations, and a witness of its audit chain."""

from deployments.clock import Clock, utc_now
from deployments.users import shapes
from deployments.users.schemas import Revocation
from deployments.users.signing_keys import SigningKeys
from storage.database import Database
from storage.seals import Head
from storage.users import anchors, revocations


class Authority:
    """The source that `Authenticator` follows: inside users directly, elsewhere by handle."""

    def __init__(self, database: Database, keys: SigningKeys, clock: Clock = utc_now) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def jwks(self) -> list[dict[str, str]]:
        """Public keys (JWK) that valid access tokens may be signed with, now or soon."""
        return await self._keys.jwks()

    async def anchor_audit(self, service: str, position: int, seal: bytes) -> None:
        """Remembers the end of a service's audit chain, unless a later one is known."""
        head, now = Head(position, seal), self._clock()
        await self._database.transact(
            lambda conn: anchors.keep(conn, service, head, now), keyed=False
        )

    async def find_audit_anchor(self, service: str) -> tuple[int, bytes]:
        """Position and seal of the end of a service's chain that is remembered."""
        head = await self._database.read(lambda conn: anchors.find(conn, service))
        return head.position, head.seal

    async def revocations_after(self, sequence: int) -> list[Revocation]:
        """Revocations that were committed after `sequence` and have not expired, in order."""
        now = self._clock()
        rows = await self._database.read(lambda conn: revocations.after(conn, sequence, now))
        return [shapes.revocation(row) for row in rows]
