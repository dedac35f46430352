"""Holds expire and reminders fall due, once, however many replicas run."""

import asyncio
from datetime import timedelta

from deployments.appointments.cancellation import CancellationCode
from deployments.appointments.events import AppointmentReminderDue
from deployments.appointments.schemas import Cancellation, Rescheduling
from tests.factories.appointments import TOMORROW, local

CANCEL = Cancellation(code=CancellationCode.OTHER)


def reminded(published):
    return [one for one in published if isinstance(one, AppointmentReminderDue)]


async def test_the_sweeper_expires_holds_and_only_those_that_are_due(world, clock, published):
    old = await world.hold(local(10))
    clock.advance(timedelta(minutes=4))
    young = await world.hold(local(11))
    clock.advance(timedelta(minutes=1))
    assert await world.service.upkeep.expire_holds() == 1
    assert await world.service.upkeep.expire_holds() == 0
    statuses = [
        (await world.service.reading.get(world.patient, one.id)).status for one in (old, young)
    ]
    assert statuses == ["cancelled", "pending"]
    assert published == []


async def test_two_replicas_send_each_reminder_once(world, make_service, clock, published):
    day = TOMORROW + timedelta(days=1)
    booked = [
        await world.book(local(8 + n // 2, n % 2 * 30, day), world.people.add_patient())
        for n in range(18)
    ]
    clock.advance(booked[-1].start - timedelta(hours=24) - clock())
    replicas = [world.service.upkeep, *(make_service().upkeep for _ in range(3))]
    settled = await asyncio.gather(*(one.send_reminders() for one in replicas for _ in range(3)))
    assert sum(settled) == 18
    due = reminded(published)
    assert sorted(one.appointment_id for one in due) == sorted(one.id for one in booked)
    assert {one.kind for one in due} == {"24h"}
    assert due[0].version == 1


async def test_reminders_follow_the_visit(world, clock, published):
    day = TOMORROW + timedelta(days=1)
    moved, gone = await world.book(local(10, day=day)), await world.book(local(14, day=day))
    later = day + timedelta(days=1)
    await world.service.rebooking.reschedule(
        world.patient, moved.id, Rescheduling(start=local(10, day=later))
    )
    await world.service.visits.cancel(world.patient, gone.id, CANCEL)
    clock.advance(local(14, day=day) - clock())
    assert await world.service.upkeep.send_reminders() == 1
    clock.advance(local(8, day=later) - clock())
    assert await world.service.upkeep.send_reminders() == 1
    sent = reminded(published)
    assert [(one.appointment_id, one.kind, one.version) for one in sent] == [
        (moved.id, "24h", 2),
        (moved.id, "2h", 2),
    ]


async def test_a_reminder_that_helps_nobody_any_more_is_skipped(world, clock, published, rows):
    await world.book(local(10))
    clock.advance(local(9, 30) - clock())
    assert await world.service.upkeep.send_reminders() == 2
    assert [one.kind for one in reminded(published)] == ["2h"]
    statuses = rows("SELECT kind, status FROM appointment_reminders ORDER BY kind")
    assert statuses == [("24h", "skipped"), ("2h", "sent")]
