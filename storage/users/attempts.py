"""Sign-in attempts: counted by one atomic statement before a password is looked at (rule R27)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Interval, case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from storage.users.tables import SignInAttempts

DOUBLINGS = 16  # 2^16 times any first lock is beyond any longest lock


@dataclass(frozen=True)
class Lockout:
    """How wrong passwords are slowed down.

    Attributes:
        limit: attempts before the first pause.
        first: length of the first pause; each attempt after it doubles the next one.
        longest: no pause is longer, so that nobody is locked out for good.
    """

    limit: int
    first: timedelta
    longest: timedelta


def take(connection: Connection, subject: bytes, rule: Lockout, now: datetime) -> bool:
    """Takes one attempt; False while the address is locked.

    One statement, so that any number of parallel guesses get no more attempts than the limit.
    """
    made = SignInAttempts.attempts + 1
    doublings = func.least(made - rule.limit, DOUBLINGS)
    seconds = func.least(
        rule.first.total_seconds() * func.power(2, doublings), rule.longest.total_seconds()
    )
    pause = func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    statement = insert(SignInAttempts).values(subject=subject, attempts=1, last_at=now)
    taken = connection.execute(
        statement.on_conflict_do_update(
            index_elements=[SignInAttempts.subject],
            set_={
                "attempts": made,
                "last_at": now,
                "locked_until": case((made >= rule.limit, literal(now) + pause), else_=None),
            },
            where=SignInAttempts.locked_until.is_(None) | (SignInAttempts.locked_until <= now),
        )
    )
    return taken.rowcount == 1


def locked_until(connection: Connection, subject: bytes) -> datetime | None:
    """Until when attempts with this address are refused; may be past."""
    return connection.execute(
        select(SignInAttempts.locked_until).where(SignInAttempts.subject == subject)
    ).scalar()


def clear(connection: Connection, subject: bytes) -> None:
    """Forgets the attempts after a success, a password reset or an administrator's word."""
    connection.execute(delete(SignInAttempts).where(SignInAttempts.subject == subject))


def forget_old(connection: Connection, before: datetime) -> None:
    """Deletes counts whose last attempt was before the instant."""
    connection.execute(delete(SignInAttempts).where(SignInAttempts.last_at < before))
