"""The one statement that counts guesses, against many at once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from storage.users import attempts
from storage.users.tables import SignInAttempts

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
RULE = attempts.Lockout(5, timedelta(seconds=30), timedelta(minutes=15))
SUBJECT = b"somebody"
THREADS = 8


def take(connection: Connection, now: datetime) -> bool:
    return attempts.take(connection, SUBJECT, RULE, now)


class CountByReadingFirst:
    """The control: read, compare, write, as most systems do; the first of each thread meet."""

    def __init__(self) -> None:
        self._calls = itertools.count()
        self._all_have_read = Barrier(THREADS)

    def __call__(self, connection: Connection, now: datetime) -> bool:
        row = connection.execute(select(SignInAttempts.__table__)).first()
        if next(self._calls) < THREADS:
            self._all_have_read.wait(30)
        made = row.attempts if row else 0
        if made >= RULE.limit:
            return False
        values = {"subject": SUBJECT, "attempts": made + 1, "last_at": now}
        connection.execute(
            insert(SignInAttempts)
            .values(values)
            .on_conflict_do_update(index_elements=[SignInAttempts.subject], set_=values)
        )
        return True


def allowed(database, taker, tries=60) -> int:
    def attempt(_number: int) -> bool:
        with database.engine.begin() as connection:
            return taker(connection, NOW)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(attempt, range(tries)))


def test_parallel_guesses_get_the_limit(users_database):
    assert allowed(users_database, take) == RULE.limit


def test_the_control_lets_more_through(users_database):
    assert allowed(users_database, CountByReadingFirst()) > RULE.limit


def test_pauses_double_up_to_the_longest(users_database):
    now, pauses = NOW, []
    with users_database.engine.begin() as connection:
        for _ in range(40):
            assert take(connection, now)
            until = attempts.locked_until(connection, SUBJECT)
            if until is not None:
                pauses.append((until - now).total_seconds())
                assert not take(connection, until - timedelta(milliseconds=1))
                now = until
    assert pauses[:6] == [30, 60, 120, 240, 480, 900]
    assert set(pauses[6:]) == {900}


def test_a_success_forgets(users_database):
    with users_database.engine.begin() as connection:
        for _ in range(RULE.limit):
            assert take(connection, NOW)
        assert not take(connection, NOW)
        attempts.clear(connection, SUBJECT)
        assert take(connection, NOW)


@pytest.mark.parametrize(("age", "left"), [(timedelta(hours=1), 1), (timedelta(days=2), 0)])
def test_old_counts_are_forgotten(users_database, age, left):
    with users_database.engine.begin() as connection:
        take(connection, NOW - age)
        attempts.forget_old(connection, NOW - timedelta(days=1))
        rows = connection.execute(select(SignInAttempts.subject)).all()
    assert len(rows) == left
