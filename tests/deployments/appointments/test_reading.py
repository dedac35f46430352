"""Lists, days and what each caller sees of them."""

from datetime import date, timedelta

import pytest

from deployments.access import Role
from deployments.appointments.cancellation import CancellationCode
from deployments.appointments.errors import PractitionerNotFound
from deployments.appointments.schemas import AppointmentQuery, Cancellation
from deployments.errors import Forbidden
from deployments.pagination import InvalidCursor
from tests.factories import appointments as factory
from tests.factories.appointments import local

NURSE = factory.principal(Role.NURSE)
CANCEL = Cancellation(code=CancellationCode.OTHER)


@pytest.fixture
async def visits(world):
    """Two of the patient and one of another, at 9, 10 and 11."""
    other = world.people.add_patient()
    return [
        await world.book(local(9)),
        await world.book(local(10), other),
        await world.book(local(11)),
    ]


async def listed(world, caller, **query):
    page = await world.service.reading.list_page(caller, AppointmentQuery(**query))
    return [one.id for one in page.items]


async def test_each_caller_lists_what_they_may_see(world, visits):
    first, second, third = (one.id for one in visits)
    assert await listed(world, world.patient) == [first, third]
    assert await listed(world, world.doctor) == [first, second, third]
    assert await listed(world, world.people.add_doctor()) == []
    assert await listed(world, NURSE) == [first, second, third]
    assert await listed(world, world.patient, patient_id=visits[1].patient_id) == []
    with pytest.raises(Forbidden):
        await listed(world, factory.principal(Role.PHARMACIST))


async def test_lists_are_filtered(world, visits):
    first, second, third = (one.id for one in visits)
    await world.service.visits.cancel(NURSE, second, CANCEL)
    doctor_id = world.doctor.user_id
    assert await listed(world, NURSE, status=["cancelled"]) == [second]
    assert await listed(world, NURSE, status=["booked", "arrived"]) == [first, third]
    assert await listed(world, NURSE, start_from=local(10), start_before=local(11)) == [second]
    assert await listed(world, NURSE, patient_id=visits[0].patient_id) == [first, third]
    assert await listed(world, NURSE, practitioner_id=doctor_id) == [first, second, third]
    assert await listed(world, world.doctor, patient_id=visits[1].patient_id) == [second]


async def test_pages_have_neither_gaps_nor_repeats(world, visits):
    found, cursor = [], None
    while True:
        query = AppointmentQuery(limit=2, cursor=cursor)
        page = await world.service.reading.list_page(NURSE, query)
        found += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [one.id for one in visits]
    with pytest.raises(InvalidCursor):
        await world.service.reading.list_page(NURSE, AppointmentQuery(cursor="bm9uc2Vuc2U"))


async def test_a_day_is_the_local_one_and_leaves_out_what_was_cancelled(
    world, visits, appointments_database
):
    await world.service.visits.cancel(NURSE, visits[1].id, CANCEL)
    reading, doctor_id = world.service.reading, world.doctor.user_id
    day = await reading.get_day(world.doctor, doctor_id, factory.TOMORROW, None)
    assert [one.id for one in day.appointments] == [visits[0].id, visits[2].id]
    assert day.time_zone == factory.ZONE
    before = await reading.get_day(NURSE, doctor_id, date(2026, 11, 23), "America/New_York")
    assert [one.id for one in before.appointments] == [visits[0].id, visits[2].id]


async def test_a_doctors_day_is_for_the_doctor_and_the_desk(world):
    colleague = world.people.add_doctor()
    with pytest.raises(PractitionerNotFound):
        await world.service.reading.get_day(colleague, world.doctor.user_id, factory.TOMORROW, None)
    with pytest.raises(Forbidden):
        await world.service.reading.get_day(
            world.patient, world.doctor.user_id, factory.TOMORROW, None
        )


async def test_upcoming_and_current_serve_other_services(world, visits, clock):
    reading = world.service.reading
    upcoming = await reading.list_upcoming(world.patient, world.patient.user_id)
    assert [one.id for one in upcoming] == [visits[0].id, visits[2].id]
    assert await reading.list_upcoming(world.patient, visits[1].patient_id) == []
    assert await reading.is_current(visits[0].id, 1)
    await world.service.visits.cancel(world.patient, visits[0].id, CANCEL)
    assert not await reading.is_current(visits[0].id, 1)
    clock.advance(timedelta(days=3))
    assert await reading.list_upcoming(world.patient, world.patient.user_id) == []
