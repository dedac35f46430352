"""One-time tokens that leave by e-mail.

The token is computed from the id of its row with the secret key, and only its hash is stored.
So an event needs to carry no more than the id, and whoever sends the e-mail asks for the link
when it does, as often as it must.
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.clock import Clock, utc_now
from deployments.users.codes import TokenPurpose
from deployments.users.errors import InvalidOneTimeToken
from deployments.users.schemas import OneTimeLink
from deployments.users.sealing import Sealer
from deployments.users.tokens import digest
from storage.columns import new_id
from storage.database import Database
from storage.users import one_time_tokens

PURPOSE: Final = "one-time-token"


class Links:
    """Makes, shows and checks one-time tokens.

    Args:
        database: of users.
        sealer: computes the tokens.
        public_url: what links begin with.
        lifetimes: of the tokens of each purpose.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        public_url: str,
        lifetimes: Mapping[TokenPurpose, timedelta],
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._public_url = public_url.rstrip("/")
        self._lifetimes = lifetimes
        self._clock = clock

    def issue(
        self, connection: Connection, user_id: UUID, purpose: TokenPurpose, now: datetime
    ) -> UUID:
        """Makes a token that replaces older ones of the purpose; returns its id."""
        token_id = new_id()
        one_time_tokens.add(
            connection,
            token_id=token_id,
            user_id=user_id,
            purpose=purpose,
            digest=digest(self._token(token_id)),
            now=now,
            expires_at=now + self._lifetimes[purpose],
        )
        return token_id

    async def one_time_link(self, token_id: UUID) -> OneTimeLink:
        """The link of a token that still works.

        Raises:
            InvalidOneTimeToken: it does not.
        """
        row = await self._database.read(lambda conn: one_time_tokens.find(conn, token_id))
        if row is None or row.used_at is not None or row.expires_at <= self._clock():
            raise InvalidOneTimeToken
        token = self._token(token_id)
        return OneTimeLink(
            purpose=row.purpose,
            token=token,
            # behind the #, so that browsers send it to no server and write it to no log
            url=f"{self._public_url}/{row.purpose}#token={token}",
            expires_at=row.expires_at,
        )

    async def owner(self, token: str, purpose: TokenPurpose) -> UUID:
        """Whose token it is; it is not used up, so look before hashing a password.

        Raises:
            InvalidOneTimeToken: it does not work (any more).
        """
        now = self._clock()
        found = await self._database.read(
            lambda conn: one_time_tokens.find_owner(conn, digest(token), purpose, now)
        )
        if found is None:
            raise InvalidOneTimeToken
        return found

    def spend(
        self, connection: Connection, token: str, purpose: TokenPurpose, now: datetime
    ) -> UUID:
        """Uses up a token and returns whose it was.

        Raises:
            InvalidOneTimeToken: it does not work (any more).
        """
        owner = one_time_tokens.spend(connection, digest(token), purpose, now)
        if owner is None:
            raise InvalidOneTimeToken
        return owner

    def _token(self, token_id: UUID) -> str:
        mac = self._sealer.mac(PURPOSE, token_id.bytes)
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")
