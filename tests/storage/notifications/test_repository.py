"""The statements, on real PostgreSQL, where the service's tests do not show them directly."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, insert

from deployments.clock import utc_now
from storage import migrate
from storage.columns import new_id
from storage.database import psycopg2_url
from storage.notifications import deliveries, recording, repository
from storage.notifications.deliveries import Lane
from storage.notifications.tables import Notification
from tests.factories.notifications import MONDAY


@pytest.fixture
async def tell(notifications_database):
    """Writes notifications for a person, numbered by the database."""

    async def write(recipient_id, count):
        def work(connection):
            for _ in range(count):
                numbers = recording.take_numbers(connection, [recipient_id])
                connection.execute(
                    insert(Notification).values(
                        id=new_id(),
                        event_id=new_id(),
                        recipient_id=recipient_id,
                        number=numbers[recipient_id],
                        workflow="users.registered",
                        template_version=1,
                        locale="en",
                        title="Hello",
                        body="Hello",
                        data={},
                        created_at=MONDAY,
                    )
                )

        await notifications_database.transact(work)

    return write


async def test_newer_than_serves_several_positions_in_one_statement(notifications_database, tell):
    one, two, three = uuid4(), uuid4(), uuid4()
    await tell(one, 5)
    await tell(two, 3)
    rows = await notifications_database.read(
        lambda connection: repository.newer_than(
            connection, [(one, 3), (one, 4), (two, 0), (three, 0)], 2
        )
    )
    found = {}
    for row in rows:
        found.setdefault((row.recipient_id, row.after), []).append(row.number)
    assert found == {(one, 3): [4, 5], (one, 4): [5], (two, 0): [1, 2]}


async def test_counters_of_several(notifications_database, tell):
    one, two = uuid4(), uuid4()
    await tell(one, 2)
    found = await notifications_database.read(
        lambda connection: repository.counters_of(connection, [one, two])
    )
    assert found == {one: (2, 2)}


def test_tables_and_migrations_agree(database_urls):
    assert migrate.differences("notifications", database_urls["notifications"]) == []


@pytest.fixture
def before(postgres):
    """A database of its own, at revision 0002."""
    postgres.create_database("notifications_before")
    url = postgres.url("notifications_before")
    migrate.upgrade("notifications", url, "0002")
    engine = create_engine(psycopg2_url(url))
    yield url, engine
    engine.dispose()


def test_the_queue_of_before_is_kept(before):
    """Revision 0003 keeps what waits, what was given up and what was logged; links go first."""
    url, engine = before
    states = ["queued", "delayed", "sending", "sent", "skipped", "failed", "dead"]
    workflows = ["appointments.booked.patient", "users.password_reset_requested"]
    with engine.begin() as connection:
        for workflow, state in product(workflows, states):
            ids = {"n": str(new_id()), "d": str(new_id()), "e": str(new_id())}
            values = ids | {"workflow": workflow, "state": state}
            connection.exec_driver_sql(BEFORE, values)
    migrate.upgrade("notifications", url)
    with engine.begin() as connection:
        kept = connection.exec_driver_sql(AFTER).all()
        assert kept == [(workflows[0], 1, states, 7, True), (workflows[1], 0, states, 7, True)]
        log = connection.exec_driver_sql("SELECT count(*), count(workflow) FROM notification_log")
        assert log.one() == (14, 0)
        lanes = [Lane("email", priority, 99) for priority in (0, 1)]
        claimed = deliveries.claim(connection, utc_now(), timedelta(minutes=1), lanes)
        assert len(claimed) == 6, "queued, delayed and sending of both"
    migrate.downgrade("notifications", url, "0002")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar_one() == 14


AFTER = """
SELECT n.workflow, d.priority, array_agg(d.status ORDER BY d.id), count(d.message),
  bool_and(d.target = '' AND d.attempts = 2)
FROM deliveries d JOIN notifications n ON n.id = d.notification_id GROUP BY 1, 2 ORDER BY 1
"""
BEFORE = """
WITH told AS (
  INSERT INTO notifications
    (id, event_id, recipient_id, workflow, template_version, locale, data, created_at)
  VALUES (%(n)s, %(e)s, %(n)s, %(workflow)s, 1, 'en', '{}', now()) RETURNING id),
logged AS (
  INSERT INTO notification_log (at, event_id, recipient_id, channel, step)
  VALUES (now(), %(e)s, %(n)s, 'email', 'queued'))
INSERT INTO deliveries
  (id, notification_id, event_id, recipient_id, channel, status, message, attempts, due_at,
   created_at)
SELECT %(d)s, id, %(e)s, %(n)s, 'email', %(state)s, '{"to": "a@b.example"}', 2, now(), now()
FROM told
"""
