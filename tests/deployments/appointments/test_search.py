"""Searching free slots over doctors and days."""

from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from deployments.access import Role
from deployments.appointments import search
from deployments.appointments.calendar_schemas import LeaveRequest
from deployments.appointments.errors import NotBookable, ReasonNotFound
from deployments.appointments.schemas import SlotQuery
from deployments.pagination import InvalidCursor
from deployments.users.codes import Specialty
from tests.factories import appointments as factory
from tests.factories.appointments import local

NURSE = factory.principal(Role.NURSE)
NEXT_DAY = factory.TOMORROW + timedelta(days=1)


async def searched(world, caller=None, **query):
    query.setdefault("reason_id", world.reason_id)
    found, cursor = [], None
    while True:
        page = await world.service.slots.search(
            caller or world.patient, SlotQuery(**query, cursor=cursor, limit=10)
        )
        assert len(page.items) <= 10
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_every_free_slot_is_found_once_in_order(world, appointments_database):
    second = world.people.add_doctor()
    with appointments_database.engine.begin() as connection:
        factory.add_hours(connection, second.user_id)
    await world.book(local(10))
    held = await world.hold(local(11), world.people.add_patient())
    slots = await searched(world, first_day=factory.TOMORROW, last_day=NEXT_DAY)
    keys = [(slot.start, slot.practitioner_id) for slot in slots]
    assert keys == sorted(set(keys))
    assert len(slots) == 2 * 2 * 18 - 2
    assert (local(10), world.doctor.user_id) not in keys
    assert (held.start, world.doctor.user_id) not in keys
    assert (local(10), second.user_id) in keys
    assert all(slot.end - slot.start == timedelta(minutes=30) for slot in slots)


async def test_every_slot_that_is_found_can_be_booked(world):
    page = await world.service.slots.search(
        world.patient, SlotQuery(reason_id=world.reason_id, limit=3)
    )
    for slot in page.items:
        booked = await world.book(slot.start, world.people.add_patient())
        assert (booked.start, booked.end) == (slot.start, slot.end)


async def test_an_expired_hold_is_free_again(world, clock):
    await world.hold(local(10))
    clock.advance(timedelta(minutes=5))
    slots = await searched(world, first_day=factory.TOMORROW, last_day=factory.TOMORROW)
    assert local(10) in {slot.start for slot in slots}


async def test_leave_is_not_free(world):
    leave = LeaveRequest(start=local(9), end=local(17), reason="ill")
    await world.service.calendar.enter_leave(world.doctor, leave)
    slots = await searched(world, first_day=factory.TOMORROW, last_day=factory.TOMORROW)
    assert [slot.start for slot in slots] == [local(8), local(8, 30)]


async def test_patients_search_from_the_minimum_notice_and_staff_from_now(world):
    today = factory.NOW.astimezone(ZoneInfo(factory.ZONE)).date()
    theirs = await searched(world, first_day=today, last_day=today)
    staffs = await searched(world, NURSE, first_day=today, last_day=today)
    assert theirs[0].start == local(10, day=today)
    assert staffs[0].start == local(9, 30, day=today)


async def test_doctors_are_chosen_by_id_specialty_and_location(world, appointments_database):
    specialty = next(iter(Specialty))
    here, there = uuid4(), uuid4()
    heart = world.people.add_doctor(specialties=[specialty])
    gone = world.people.add_doctor(active=False)
    with appointments_database.engine.begin() as connection:
        factory.add_hours(connection, gone.user_id)
        factory.add_hours(connection, heart.user_id, location_id=here)
        factory.add_hours(connection, heart.user_id, location_id=there, start="18:00", end="19:00")
    days = {"first_day": factory.TOMORROW, "last_day": factory.TOMORROW}

    async def doctors(**query):
        return {slot.practitioner_id for slot in await searched(world, **days, **query)}

    assert await doctors() == {world.doctor.user_id, heart.user_id}
    assert await doctors(specialty=specialty) == {heart.user_id}
    assert await doctors(practitioner_id=[world.doctor.user_id]) == {world.doctor.user_id}
    assert await doctors(practitioner_id=[gone.user_id, uuid4()]) == set()
    slots = await searched(world, **days, location_id=there)
    assert [slot.location_id for slot in slots] == [there, there]
    with pytest.raises(NotBookable):
        await doctors(specialty="astrology")


async def test_dates_are_those_of_the_callers_zone(world):
    slots = await searched(
        world, first_day=date(2026, 11, 24), last_day=date(2026, 11, 24), time_zone="Asia/Tokyo"
    )
    assert slots[0].start == local(8, day=date(2026, 11, 24))
    west = await searched(
        world,
        first_day=date(2026, 11, 23),
        last_day=date(2026, 11, 23),
        time_zone="America/New_York",
    )
    assert west[0].start == local(12, day=date(2026, 11, 23))


async def test_the_search_is_bounded(world):
    first = factory.TOMORROW
    with pytest.raises(ValueError, match="62 days"):
        SlotQuery(reason_id=world.reason_id, first_day=first, last_day=first + timedelta(days=62))
    for days in (-2, 62):
        with pytest.raises(NotBookable):
            await searched(world, last_day=factory.NOW.date() + timedelta(days=days))
    far = first + timedelta(days=400)
    assert await searched(world, first_day=far, last_day=far) == []
    with pytest.raises(ReasonNotFound):
        await searched(world, reason_id=uuid4())
    with pytest.raises(InvalidCursor):
        await world.service.slots.search(
            world.patient, SlotQuery(reason_id=world.reason_id, cursor="bm9uc2Vuc2U")
        )


async def test_a_long_search_answers_short_pages_and_misses_nothing(world, monkeypatch):
    days = {"first_day": factory.TOMORROW, "last_day": factory.TOMORROW + timedelta(days=20)}
    whole = await searched(world, **days)
    leave = LeaveRequest(start=local(0), end=local(0) + timedelta(days=15), reason="away")
    await world.service.calendar.enter_leave(world.doctor, leave)
    monkeypatch.setattr(search, "DOCTOR_DAYS", 2)
    page = await world.service.slots.search(
        world.patient, SlotQuery(reason_id=world.reason_id, **days)
    )
    assert (page.items, page.next_cursor is None) == ([], False)
    assert await searched(world, **days) == [slot for slot in whole if slot.start >= leave.end]
