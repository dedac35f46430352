"""A sensitive report is told when it may be read, once, and not before."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.laboratory.events import ReportIssued
from deployments.notifications.holding import PAUSE, Releaser
from storage.notifications import held
from storage.notifications.tables import Delivery, HeldEvent, Notification

WAIT = timedelta(days=3)


@pytest.fixture
def issued(house, patient, practitioner):
    def make(visible_at):
        return ReportIssued(
            order_id=uuid4(), patient_id=patient.user_id, practitioner_id=practitioner.user_id,
            encounter_id=None, version=1, report_id=uuid4(), status="final",
            visible_at=visible_at,
        )  # fmt: skip

    return make


@pytest.fixture
def releaser(house):
    def make():
        people_of = house.listener.people_of
        return Releaser(house.database, people_of, told=house.told.append, clock=house.clock)

    return make


async def test_it_waits_for_its_time_and_is_told_once(house, issued, releaser, red, monkeypatch):
    if red("release"):
        monkeypatch.setattr(held, "release", lambda *_: True)
    report = issued(house.clock() + WAIT)
    assert await house.hear(report, report) == [None, None]
    await releaser().tell_due()
    assert await house.rows(Notification) == []
    house.clock.advance(WAIT)
    await asyncio.gather(*(releaser().tell_due() for _ in range(4)), return_exceptions=True)
    (row,) = await house.rows(Notification)
    assert row.data["report_id"] == str(report.report_id)
    assert [it.channel for it in await house.rows(Delivery)] == ["email"]
    assert await house.rows(HeldEvent) == []
    assert len(house.told) == 1


async def test_what_can_be_read_is_told_at_once_and_a_preliminary_one_never(house, issued):
    await house.hear(issued(house.clock()), issued(None))
    assert len(await house.rows(Notification)) == 1
    assert await house.rows(HeldEvent) == []


async def test_one_that_fails_is_tried_again_and_stops_no_other(
    house, users, issued, releaser, patient
):
    for _ in range(2):
        await house.hear(issued(house.clock() + WAIT))
    house.clock.advance(WAIT)
    users.away = True
    await releaser().tell_due()
    assert len(await house.rows(HeldEvent)) == 2
    users.away = False
    await releaser().tell_due()
    assert await house.rows(Notification) == []
    house.clock.advance(PAUSE)
    await releaser().tell_due()
    assert len(await house.rows(Notification)) == 2
