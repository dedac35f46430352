"""Sessions: opened by signing in, listed, and ended so that it bites everywhere at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal, Role
from deployments.clock import Clock, utc_now
from deployments.publishing import publish
from deployments.users.codes import Activity, SessionEnd
from deployments.users.events import SignedOutEverywhere
from deployments.users.journal import note
from deployments.users.schemas import SignedIn
from deployments.users.session_schemas import SessionLine
from deployments.users.signing_keys import SigningKeys
from deployments.users.tokens import AccessTokens, digest, first_refresh_token, new_token_id
from storage.columns import new_id
from storage.database import Database
from storage.users import revocations, sessions


@dataclass(frozen=True)
class Opened:
    """What has been committed of a session and is about to be answered."""

    user_id: UUID
    session_id: UUID
    roles: Sequence[str]
    token_id: str
    refresh_token: str
    expires_at: datetime


class Sessions:
    """Opens and ends sessions.

    Args:
        database: of users.
        keys: sign the access tokens.
        tokens: mints them.
        lifetime: of a session; refreshing does not lengthen it.
        clock: the time.
    """

    def __init__(
        self,
        database: Database,
        keys: SigningKeys,
        tokens: AccessTokens,
        lifetime: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._keys = keys
        self._tokens = tokens
        self._lifetime = lifetime
        self._clock = clock

    def open(
        self, connection: Connection, user: Row[Any], now: datetime, user_agent: str | None
    ) -> Opened:
        """Begins a session in the caller's transaction."""
        opened = Opened(
            user_id=user.id,
            session_id=new_id(),
            roles=user.roles,
            token_id=new_token_id(),
            refresh_token=first_refresh_token(),
            expires_at=now + self._lifetime,
        )
        sessions.open_session(
            connection,
            session_id=opened.session_id,
            user_id=opened.user_id,
            now=now,
            expires_at=opened.expires_at,
            user_agent=user_agent,
        )
        sessions.add_token(
            connection,
            session_id=opened.session_id,
            digest=digest(opened.refresh_token),
            token_id=opened.token_id,
            now=now,
        )
        return opened

    async def signed(self, opened: Opened) -> SignedIn:
        """The answer for a session that was committed, with a fresh access token."""
        roles = [Role(role) for role in opened.roles]
        access_token = self._tokens.mint(
            await self._keys.current(),
            user_id=opened.user_id,
            session_id=opened.session_id,
            roles=roles,
            token_id=opened.token_id,
            now=self._clock(),
        )
        return SignedIn(
            user_id=opened.user_id,
            session_id=opened.session_id,
            roles=roles,
            access_token=access_token,
            expires_in=int(self._tokens.lifetime.total_seconds()),
            refresh_token=opened.refresh_token,
            refresh_expires_at=opened.expires_at,
        )

    async def list_own(self, caller: Principal) -> list[SessionLine]:
        """The caller's live sessions, newest first."""
        caller.require(Permission.USERS_READ_OWN)
        now = self._clock()
        rows = await self._database.read(lambda conn: sessions.live(conn, caller.user_id, now))
        return [
            SessionLine(
                id=row.id,
                user_agent=row.user_agent,
                created_at=row.created_at,
                refreshed_at=row.refreshed_at,
                expires_at=row.expires_at,
                current=row.id == caller.session_id,
            )
            for row in rows
        ]

    async def sign_out(self, caller: Principal) -> None:
        """Ends the caller's session; its access tokens are refused everywhere within 2 s."""
        caller.require(Permission.USERS_READ_OWN)
        session_id, now = caller.session_id, self._clock()
        if session_id is None:
            return

        def work(connection: Connection) -> None:
            if sessions.end(connection, session_id, SessionEnd.SIGNED_OUT, now):
                note(connection, Activity.SIGNED_OUT, caller.user_id, at=now, actor=caller)
            self.refuse_tokens(connection, [session_id], now)

        await self._database.transact(work)

    async def end_idle(self, user_id: UUID, session_id: UUID) -> None:
        """Ends a session whose person has been away too long; again changes nothing."""
        now = self._clock()

        def work(connection: Connection) -> None:
            if sessions.end(connection, session_id, SessionEnd.IDLE, now):
                note(connection, Activity.SIGNED_OUT, user_id, at=now, session_id=session_id)
                self.refuse_tokens(connection, [session_id], now)

        await self._database.transact(work, keyed=False)

    async def sign_out_everywhere(self, caller: Principal) -> None:
        """Ends all sessions of the caller, this one included."""
        caller.require(Permission.USERS_READ_OWN)
        now = self._clock()

        def work(connection: Connection) -> None:
            user_id = caller.user_id
            self.end_everywhere(connection, user_id, SessionEnd.SIGNED_OUT_EVERYWHERE, now)
            note(connection, Activity.SIGNED_OUT_EVERYWHERE, user_id, at=now, actor=caller)
            publish(connection, SignedOutEverywhere(user_id=user_id, occurred_at=now))

        await self._database.transact(work)

    def end_everywhere(
        self, connection: Connection, user_id: UUID, reason: SessionEnd, now: datetime
    ) -> None:
        """Ends all sessions of a person and refuses every token they have."""
        self.refuse_all(connection, user_id, now)
        sessions.end_all(connection, user_id, reason, now)

    def end_others(
        self, connection: Connection, caller: Principal, reason: SessionEnd, now: datetime
    ) -> None:
        """Ends the caller's sessions but the one that asks."""
        ended = sessions.end_all(connection, caller.user_id, reason, now, but=caller.session_id)
        self.refuse_tokens(connection, ended, now)

    def refuse_tokens(
        self, connection: Connection, session_ids: Iterable[UUID], now: datetime
    ) -> None:
        """Refuses the access tokens that the sessions gave out and that have not expired."""
        # twice the lifetime: one that was asked for again in the grace time expires a bit later
        issued_after = now - 2 * self._tokens.lifetime
        token_ids = revocations.recent_token_ids(connection, list(session_ids), issued_after)
        revocations.revoke_tokens(connection, token_ids, now + self._tokens.lifetime)

    def refuse_all(self, connection: Connection, user_id: UUID, now: datetime) -> None:
        """Refuses every access token that the person has; their sessions go on.

        "Not before now" covers what was minted until now; the ids cover what a refresh minted
        while this transaction waited for its session.
        """
        live = sessions.lock_live(connection, user_id)
        self.refuse_tokens(connection, live, now)
        revocations.revoke_user(connection, user_id, now, now + self._tokens.lifetime)
