"""Access tokens that are refused before they expire, in a sequence that others follow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select

from storage.users.tables import RefreshToken, Revocation

LOCK: Final = 0x7265766F6B65  # "revoke"
AT_ONCE: Final = 10_000


def revoke_user(
    connection: Connection, user_id: UUID, not_before: datetime, expires_at: datetime
) -> None:
    """Refuses every token of the person that was issued before the instant."""
    _hold_sequence(connection)
    connection.execute(
        insert(Revocation).values(user_id=user_id, not_before=not_before, expires_at=expires_at)
    )


def revoke_tokens(connection: Connection, token_ids: Sequence[str], expires_at: datetime) -> None:
    """Refuses the tokens."""
    if not token_ids:
        return
    _hold_sequence(connection)
    connection.execute(
        insert(Revocation),
        [{"token_id": token_id, "expires_at": expires_at} for token_id in token_ids],
    )


def recent_token_ids(
    connection: Connection, session_ids: Sequence[UUID], issued_after: datetime
) -> list[str]:
    """Ids of the access tokens that the sessions gave out or renewed since the instant."""
    return list(
        connection.execute(
            select(RefreshToken.access_token_id).where(
                RefreshToken.session_id.in_(session_ids), RefreshToken.issued_at > issued_after
            )
        ).scalars()
    )


def after(connection: Connection, sequence: int, now: datetime) -> Sequence[Row[Any]]:
    """Live revocations with a higher sequence number, in order."""
    return connection.execute(
        select(Revocation.__table__)
        .where(Revocation.sequence > sequence, Revocation.expires_at > now)
        .order_by(Revocation.sequence)
        .limit(AT_ONCE)
    ).all()


def forget_expired(connection: Connection, now: datetime) -> None:
    """Deletes revocations of tokens that have expired by themselves."""
    connection.execute(delete(Revocation).where(Revocation.expires_at <= now))


def _hold_sequence(connection: Connection) -> None:
    """Makes the order of sequence numbers the order of commits, by letting one writer at a time."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
