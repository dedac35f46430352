"""Refresh token rotation, with reuse detection (rule R26, RFC 9700 section 4.14)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users.codes import Activity, SessionEnd
from deployments.users.errors import InvalidRefreshToken
from deployments.users.events import RefreshTokenReused
from deployments.users.journal import note
from deployments.users.schemas import SignedIn
from deployments.users.sealing import Sealer
from deployments.users.sessions import Opened, Sessions
from deployments.users.tokens import digest, new_token_id, successor
from storage.database import Database
from storage.users import sessions


class Refreshing:
    """Exchanges refresh tokens.

    Args:
        database: of users.
        sessions_: mints the access tokens, and ends the family.
        sealer: computes the successors.
        grace: how long the token before the current one gets the same successor again, for
            clients that lost the answer. A knowing deviation from ASVS 5.0 10.4.5.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        sessions_: Sessions,
        sealer: Sealer,
        grace: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._sessions = sessions_
        self._sealer = sealer
        self._grace = grace
        self._clock = clock

    async def refresh(self, refresh_token: str) -> SignedIn:
        """A new access token and the next refresh token, with the roles of this moment.

        A token that was used before, beyond the grace time, ends the whole session: that is
        committed although the request is refused.

        Raises:
            InvalidRefreshToken: unknown, used, or its session has ended.
        """
        now = self._clock()
        opened = await self._database.transact(
            lambda conn: self._exchange(conn, refresh_token, now), keyed=False
        )
        if opened is None:
            raise InvalidRefreshToken
        return await self._sessions.signed(opened)

    def _exchange(self, connection: Connection, refresh_token: str, now: datetime) -> Opened | None:
        session_id = sessions.spend(connection, digest(refresh_token), now)
        if session_id is None:
            return self._exchange_again(connection, refresh_token, now)
        session = sessions.lock(connection, session_id)
        if not _is_live(session, now):
            return None
        following, token_id = successor(self._sealer, refresh_token), new_token_id()
        sessions.add_token(
            connection,
            session_id=session_id,
            digest=digest(following),
            token_id=token_id,
            now=now,
        )
        sessions.touch(connection, session_id, now)
        return _opened(session, following, token_id)

    def _exchange_again(
        self, connection: Connection, refresh_token: str, now: datetime
    ) -> Opened | None:
        """The same successor again within the grace time; after it, the end of the family."""
        used = sessions.find_token(connection, digest(refresh_token))
        if used is None:
            return None
        session = sessions.lock(connection, used.session_id)
        if not _is_live(session, now):
            return None
        following = successor(self._sealer, refresh_token)
        current = sessions.find_token(connection, digest(following))
        is_latest = current is not None and current.used_at is None
        if current is not None and is_latest and now < used.used_at + self._grace:
            return _opened(session, following, current.access_token_id)
        self._end_family(connection, session.user_id, used.session_id, now)
        return None

    def _end_family(
        self, connection: Connection, user_id: UUID, session_id: UUID, now: datetime
    ) -> None:
        sessions.end(connection, session_id, SessionEnd.TOKEN_REUSED, now)
        self._sessions.refuse_tokens(connection, [session_id], now)
        note(connection, Activity.REFRESH_TOKEN_REUSED, user_id, at=now, session_id=session_id)
        publish(
            connection,
            RefreshTokenReused(user_id=user_id, session_id=session_id, occurred_at=now),
        )


def _is_live(session: Row[Any], now: datetime) -> bool:
    return session.ended_at is None and session.expires_at > now and session.status == "active"


def _opened(session: Row[Any], refresh_token: str, token_id: str) -> Opened:
    return Opened(
        user_id=session.user_id,
        session_id=session.id,
        roles=session.roles,
        token_id=token_id,
        refresh_token=refresh_token,
        expires_at=session.expires_at,
    )
