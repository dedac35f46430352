"""The inbox belongs to one person; counters agree with it; tickets work once."""

import asyncio
from datetime import timedelta

import pytest

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.notifications.codes import Priority
from deployments.notifications.errors import (
    DeliveryNotDead,
    DeliveryNotFound,
    NotificationNotFound,
    TicketRefused,
)
from deployments.pagination import InvalidCursor, PageRequest
from deployments.users.events import UserRegistered
from storage.columns import new_id
from storage.notifications import deliveries
from storage.notifications.deliveries import Lane
from storage.notifications.tables import Delivery, WsTicket
from tests.factories.notifications import contact, principal, visit

FIRST = PageRequest()


@pytest.fixture
def me(patient):
    return principal(patient.user_id)


@pytest.fixture
async def full(house, patient, practitioner):
    """A house where the patient has five notifications."""
    await house.hear(*(visit(patient, practitioner) for _ in range(5)))
    return house


async def test_pages_are_newest_first_and_complete(full, me):
    first = await full.service.list_inbox(me, PageRequest(limit=2))
    second = await full.service.list_inbox(me, PageRequest(limit=2, cursor=first.next_cursor))
    last = await full.service.list_inbox(me, PageRequest(limit=2, cursor=second.next_cursor))
    numbers = [it.number for page in (first, second, last) for it in page.items]
    assert numbers == [5, 4, 3, 2, 1]
    assert last.next_cursor is None
    with pytest.raises(InvalidCursor):
        await full.service.list_inbox(me, PageRequest(cursor="nonsense"))


async def test_reading_lowers_the_counter_once(full, me):
    newest = (await full.service.list_inbox(me, FIRST)).items[0]
    read = await full.service.read(me, newest.id)
    again = await full.service.read(me, newest.id)
    assert (newest.status, read.status, again.read_at) == ("delivered", "read", read.read_at)
    assert (await full.service.count(me)).unread == 4
    unread = await full.service.list_inbox(me, FIRST, unread=True)
    assert [it.number for it in unread.items] == [4, 3, 2, 1]


async def test_archiving_hides_and_reads(full, me):
    newest = (await full.service.list_inbox(me, FIRST)).items[0]
    archived = await full.service.archive(me, newest.id)
    again = await full.service.archive(me, newest.id)
    assert archived.status == "read"
    assert again.archived_at == archived.archived_at
    assert [it.number for it in (await full.service.list_inbox(me, FIRST)).items] == [4, 3, 2, 1]
    assert (await full.service.count(me)).unread == 4


async def test_read_all_races_with_new_ones(full, me, patient):
    await asyncio.gather(
        full.service.read_all(me),
        *(full.hear(UserRegistered(user_id=patient.user_id)) for _ in range(10)),
        full.service.read_all(me),
    )
    unread = await full.service.list_inbox(me, PageRequest(limit=100), unread=True)
    counters = await full.service.count(me)
    assert (counters.unread, counters.last_number) == (len(unread.items), 15)
    assert (await full.service.read_all(me)).unread == 0


async def test_other_peoples_notifications_do_not_exist(full, me, practitioner):
    mine = (await full.service.list_inbox(me, FIRST)).items[0]
    stranger = principal(practitioner.user_id, Role.DOCTOR)
    for change in (full.service.read, full.service.archive):
        with pytest.raises(NotificationNotFound):
            await change(stranger, mine.id)
        with pytest.raises(NotificationNotFound):
            await change(me, new_id())
    assert (await full.service.count(me)).unread == 5


async def test_nobody_told_has_an_empty_inbox(house):
    nobody = principal(contact().user_id)
    assert (await house.service.list_inbox(nobody, FIRST)).items == []
    counters = await house.service.count(nobody)
    assert (counters.unread, counters.last_number) == (0, 0)


async def test_a_ticket_works_once_for_30_seconds(house, me):
    ticket = await house.service.issue_ticket(me)
    assert ticket.expires_at - house.clock() == timedelta(seconds=30)
    (row,) = await house.rows(WsTicket)
    assert ticket.ticket.encode() not in row.hash
    assert await house.service.redeem_ticket(ticket.ticket) == me
    with pytest.raises(TicketRefused):
        await house.service.redeem_ticket(ticket.ticket)
    late = await house.service.issue_ticket(me)
    house.clock.advance(timedelta(seconds=31))
    with pytest.raises(TicketRefused):
        await house.service.redeem_ticket(late.ticket)
    await house.service.issue_ticket(me)
    assert len(await house.rows(WsTicket)) == 1


async def test_racing_for_one_ticket_has_one_winner(house, me):
    ticket = (await house.service.issue_ticket(me)).ticket
    outcomes = await asyncio.gather(
        *(house.service.redeem_ticket(ticket) for _ in range(10)), return_exceptions=True
    )
    assert sum(outcome == me for outcome in outcomes) == 1


@pytest.mark.parametrize("ticket", ["", "x" * 43, "x" * 10_000, "\udce4"])
async def test_invented_tickets_are_refused(house, ticket):
    with pytest.raises(TicketRefused):
        await house.service.redeem_ticket(ticket)


async def test_dead_letters_are_listed_and_replayed_by_operators(full, me):
    operator = principal(contact().user_id, Role.ADMINISTRATOR)
    now = full.clock()

    def die(connection):
        rows = deliveries.claim(
            connection, now, timedelta(minutes=1), [Lane("email", Priority.NORMAL, 3)]
        )
        for row in rows:
            deliveries.settle(connection, row.id, 1, status="dead", at=now, error="smtp_451")

    await full.database.transact(die)
    first = await full.service.list_dead_letters(operator, PageRequest(limit=2))
    rest = await full.service.list_dead_letters(
        operator, PageRequest(limit=2, cursor=first.next_cursor)
    )
    letters = [*first.items, *rest.items]
    assert len({letter.id for letter in letters}) == 3
    assert {letter.last_error for letter in letters} == {"smtp_451"}
    replayed = await full.service.replay(operator, letters[0].id)
    assert (replayed.status, replayed.attempts) == ("queued", 0)
    with pytest.raises(DeliveryNotDead):
        await full.service.replay(operator, letters[0].id)
    with pytest.raises(DeliveryNotFound):
        await full.service.replay(operator, new_id())
    with pytest.raises(Forbidden):
        await full.service.list_dead_letters(me, FIRST)
    assert ("email", "replayed", None) in await full.steps()
    statuses = [row.status for row in await full.rows(Delivery)]
    assert statuses.count("dead") == 2
