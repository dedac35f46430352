"""Many results of one order are one message, until it was read or went out."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from deployments.clock import utc_now
from deployments.laboratory.events import ResultsReleased
from deployments.notifications.codes import Channel
from deployments.notifications.sending import Sender
from deployments.notifications.workflows_of_care import PANEL
from storage.notifications import digests, standing
from storage.notifications.tables import Delivery, Inbox, Notification
from tests.factories.notifications import principal

RESULTS = 20


@pytest.fixture
async def released(house, patient, practitioner):
    """Makes results of an order; the practitioner has a device."""
    await house.database.transact(
        lambda connection: (
            standing.save_consent(
                connection, practitioner.user_id, "push", "phone-1", granted=True, at=utc_now()
            )
            and None
        )
    )

    def make(order_id):
        return ResultsReleased(
            order_id=order_id, patient_id=patient.user_id, practitioner_id=practitioner.user_id,
            encounter_id=None, version=1, items=[], abnormal=False, visible_at=house.clock(),
        )  # fmt: skip

    return make


class Carried:
    def __init__(self):
        self.letters = []

    async def deliver(self, letter):
        self.letters.append(letter)


@pytest.fixture
def carried():
    return Carried()


@pytest.fixture
def sender(house, carried):
    return Sender(house.database, {Channel.PUSH: carried}, clock=house.clock)


async def numbered(house):
    return [row for row in await house.rows(Notification) if row.number is not None]


async def test_a_panel_is_one_message(
    house, released, sender, carried, practitioner, red, monkeypatch
):
    if red("digest-lock"):
        monkeypatch.setattr(digests, "LOCK", text("SELECT :recipient_id, :key"))
    order_id = uuid4()
    outcomes = await asyncio.gather(*(house.hear(released(order_id)) for _ in range(RESULTS)))
    assert outcomes == [[None]] * RESULTS
    (shown,) = await numbered(house)
    (counters,) = await house.rows(Inbox)
    assert (counters.last_number, counters.unread) == (1, 1)
    statuses = [row.status for row in await house.rows(Delivery)]
    assert sorted(statuses) == ["delayed"] + ["merged"] * (RESULTS - 1)
    (waiting,) = [row for row in await house.rows(Delivery) if row.status == "delayed"]
    assert {row.merged_into for row in await house.rows(Delivery)} == {None, waiting.id}
    steps = await house.steps()
    assert steps.count(("in_app", "merged", str(shown.id))) == RESULTS - 1
    assert steps.count(("push", "merged", str(waiting.id))) == RESULTS - 1
    assert await sender.send_due() == 0, "others may join it"
    house.clock.advance(PANEL)
    await sender.send_due()
    assert len(carried.letters) == 1


async def test_what_was_read_or_went_out_stands_for_nothing_new(
    house, released, sender, practitioner
):
    order_id = uuid4()
    await house.hear(released(order_id))
    house.clock.advance(PANEL)
    await sender.send_due()
    await house.hear(released(order_id))
    assert len(await numbered(house)) == 1, "it is still unread"
    assert [row.status for row in await house.rows(Delivery)] == ["sent", "delayed"]
    await house.service.read_all(principal(practitioner.user_id))
    await house.hear(released(order_id))
    assert len(await numbered(house)) == 2
    house.clock.advance(timedelta(hours=1, seconds=1))
    await house.hear(released(order_id))
    assert len(await numbered(house)) == 3, "an old message stands for nothing new"


async def test_orders_are_told_apart(house, released):
    await house.hear(released(uuid4()), released(uuid4()))
    assert [row.number for row in await numbered(house)] == [1, 2]
