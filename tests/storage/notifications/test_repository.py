"""The statements, on real PostgreSQL, where the service's tests do not show them directly."""

from uuid import uuid4

import pytest
from sqlalchemy import insert

from storage import migrate
from storage.columns import new_id
from storage.notifications import recording, repository
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


async def test_last_numbers(notifications_database, tell):
    one, two = uuid4(), uuid4()
    await tell(one, 2)
    found = await notifications_database.read(
        lambda connection: repository.last_numbers(connection, [one, two])
    )
    assert found == {one: 2}


def test_tables_and_migrations_agree(database_urls):
    assert migrate.differences("notifications", database_urls["notifications"]) == []
