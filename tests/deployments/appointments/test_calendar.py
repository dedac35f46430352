"""Weekly hours, exceptions, leave and reasons."""

import asyncio
from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.appointments.calendar_schemas import (
    AvailabilityRequest,
    ExceptionKind,
    ExceptionRequest,
    LeaveRequest,
    ReasonRequest,
    WeeklyHoursRequest,
)
from deployments.appointments.errors import (
    AvailabilityNotFound,
    ChangedMeanwhile,
    CodeInUse,
    NotOffered,
    PractitionerNotFound,
    ReasonNotFound,
)
from deployments.appointments.events import AppointmentAffectedByLeave
from deployments.errors import Forbidden
from tests.factories import appointments as factory
from tests.factories.appointments import local

ADMINISTRATOR = factory.principal(Role.ADMINISTRATOR)
SATURDAYS = {
    "weekday": 6,
    "start": time(8),
    "end": time(9),
    "time_zone": factory.ZONE,
    "slot_minutes": 30,
    "valid_from": date(2026, 1, 1),
}
SATURDAY = date(2026, 11, 28)


@pytest.fixture
def newcomer(world):
    """A doctor without hours."""
    return world.people.add_doctor()


async def test_a_doctor_opens_changes_and_closes_hours(world, newcomer):
    calendar = world.service.calendar
    added = await calendar.add_weekly(newcomer, AvailabilityRequest(**SATURDAYS))
    assert (added.practitioner_id, added.version) == (newcomer.user_id, 1)
    visit = {"practitioner_id": newcomer.user_id}
    await world.book(local(8, 30, SATURDAY), **visit)
    later = WeeklyHoursRequest(**SATURDAYS | {"start": time(10), "end": time(11)})
    changed = await calendar.replace_weekly(newcomer, added.id, later, expected=1)
    assert (changed.start, changed.version) == (time(10), 2)
    with pytest.raises(ChangedMeanwhile):
        await calendar.replace_weekly(newcomer, added.id, later, expected=1)
    with pytest.raises(NotOffered):
        await world.book(local(8, day=SATURDAY), **visit)
    await calendar.delete_weekly(newcomer, added.id)
    with pytest.raises(NotOffered):
        await world.book(local(10, day=SATURDAY), **visit)


async def test_an_exception_opens_or_closes_one_date(world, newcomer):
    calendar = world.service.calendar
    extra = await calendar.add_exception(
        newcomer,
        ExceptionRequest(
            kind=ExceptionKind.EXTRA,
            date=SATURDAY,
            start=time(14),
            end=time(15),
            time_zone=factory.ZONE,
            location_name="Room 5",
        ),
    )
    booked = await world.book(local(14, 15, SATURDAY), practitioner_id=newcomer.user_id)
    assert booked.location_name == "Room 5"
    closed = await calendar.add_exception(
        newcomer,
        ExceptionRequest(kind=ExceptionKind.CLOSED, date=SATURDAY, time_zone=factory.ZONE),
    )
    with pytest.raises(NotOffered):
        await world.book(local(14, 45, SATURDAY), practitioner_id=newcomer.user_id)
    kept = await calendar.get(newcomer, None)
    assert {one.id for one in kept.exceptions} == {extra.id, closed.id}
    assert kept.weekly == []
    await calendar.delete_exception(newcomer, closed.id)
    with pytest.raises(AvailabilityNotFound):
        await calendar.delete_weekly(newcomer, extra.id)


async def test_leave_lists_the_visits_it_falls_on_and_tells_their_patients(world, published, rows):
    early, hit = await world.book(local(8)), await world.book(local(10))
    entered = await world.service.calendar.enter_leave(
        world.doctor, LeaveRequest(start=local(8, 30), end=local(12), reason="training")
    )
    assert [one.id for one in entered.affected] == [hit.id]
    told = [one for one in published if isinstance(one, AppointmentAffectedByLeave)]
    assert [(one.appointment_id, one.leave_id, one.version) for one in told] == [
        (hit.id, entered.id, 1)
    ]
    for start in (local(8, 30), local(11, 30)):
        with pytest.raises(NotOffered):
            await world.book(start, world.people.add_patient())
    await world.book(local(12), world.people.add_patient())
    assert await world.service.reading.get(world.patient, early.id) == early
    assert rows("SELECT action FROM audit_log WHERE object_type = 'DoctorAvailability'") == [
        ("appointments.enter_leave",)
    ]
    await world.service.calendar.delete_leave(world.doctor, entered.id)
    await world.book(local(11), world.people.add_patient())


async def test_no_visit_slips_past_leave_that_is_entered_at_the_same_moment(world):
    patients = [world.people.add_patient() for _ in range(12)]
    leave = LeaveRequest(start=local(8), end=local(17), reason="ill")
    tasks = [world.book(local(8 + n // 2, n % 2 * 30), who) for n, who in enumerate(patients)]
    tasks.insert(6, world.service.calendar.enter_leave(world.doctor, leave))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    entered = results.pop(6)
    booked = {one.id for one in results if not isinstance(one, BaseException)}
    assert {one.id for one in entered.affected} == booked
    assert all(isinstance(one, NotOffered) for one in results if isinstance(one, BaseException))


async def test_calendars_are_their_doctors_and_the_administrators(world, newcomer):
    calendar, colleague = world.service.calendar, world.people.add_doctor()
    own = await calendar.add_weekly(newcomer, AvailabilityRequest(**SATURDAYS))
    theirs = AvailabilityRequest(**SATURDAYS, practitioner_id=newcomer.user_id)
    leave = await calendar.enter_leave(
        newcomer, LeaveRequest(start=local(8), end=local(9), reason="away")
    )
    for unknown in (own.id, uuid4()):
        with pytest.raises(AvailabilityNotFound):
            await calendar.delete_weekly(colleague, unknown)
    with pytest.raises(AvailabilityNotFound):
        await calendar.delete_leave(colleague, leave.id)
    for attempt in (
        calendar.add_weekly(colleague, theirs),
        calendar.get(colleague, newcomer.user_id),
        calendar.add_weekly(ADMINISTRATOR, AvailabilityRequest(**SATURDAYS)),
    ):
        with pytest.raises(PractitionerNotFound):
            await attempt
    with pytest.raises(Forbidden):
        await calendar.add_weekly(world.patient, theirs)
    await calendar.add_weekly(ADMINISTRATOR, theirs)
    kept = await calendar.get(ADMINISTRATOR, newcomer.user_id)
    assert (len(kept.weekly), [one.id for one in kept.leave]) == (2, [leave.id])


async def test_reasons_are_read_by_all_and_written_by_administrators(world):
    reasons = world.service.reasons
    request = ReasonRequest(
        code=f"test-{uuid4()}", display_en="Eye test", display_vi="Đo mắt", duration_minutes=20
    )
    with pytest.raises(Forbidden):
        await reasons.add(world.doctor, request)
    added = await reasons.add(ADMINISTRATOR, request)
    with pytest.raises(CodeInUse):
        await reasons.add(ADMINISTRATOR, request)
    assert added in (await reasons.list_all(world.patient)).items
    retired = request.model_copy(update={"active": False})
    changed = await reasons.replace(ADMINISTRATOR, added.id, retired, expected=1)
    assert (changed.active, changed.version) == (False, 2)
    with pytest.raises(ChangedMeanwhile):
        await reasons.replace(ADMINISTRATOR, added.id, request, expected=1)
    taken = request.model_copy(update={"code": "consultation"})
    with pytest.raises(CodeInUse):
        await reasons.replace(ADMINISTRATOR, added.id, taken)
    with pytest.raises(ReasonNotFound):
        await reasons.replace(ADMINISTRATOR, uuid4(), request)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (WeeklyHoursRequest, SATURDAYS | {"weekday": 0}),
        (WeeklyHoursRequest, SATURDAYS | {"start": "08:00:30"}),
        (WeeklyHoursRequest, SATURDAYS | {"start": "08:00Z"}),
        (WeeklyHoursRequest, SATURDAYS | {"time_zone": "Mars/Olympus"}),
        (WeeklyHoursRequest, SATURDAYS | {"valid_until": date(2025, 1, 1)}),
        (WeeklyHoursRequest, SATURDAYS | {"slot_minutes": 0}),
        (LeaveRequest, {"start": local(9), "end": local(9), "reason": "x"}),
        (LeaveRequest, {"start": local(9), "end": local(9) + timedelta(days=731), "reason": "x"}),
        (ReasonRequest, {"code": "A b", "display_en": "x", "display_vi": "x"}),
    ],
)
def test_nonsense_is_refused_at_the_border(model, values):
    with pytest.raises(ValueError, match="validation error"):
        model(**values)
