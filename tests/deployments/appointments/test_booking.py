"""Booking, holding, confirming and rescheduling, on real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from deployments.access import Role
from deployments.appointments.calendar_schemas import LeaveRequest
from deployments.appointments.cancellation import HOLD_EXPIRED
from deployments.appointments.errors import (
    AppointmentNotFound,
    ChangedMeanwhile,
    HoldExpired,
    MoveNotAllowed,
    NotBookable,
    NotOffered,
    PatientBusy,
    PatientNotFound,
    PractitionerNotFound,
    ReasonNotFound,
    SlotTaken,
    TooManyHolds,
)
from deployments.appointments.events import AppointmentBooked, AppointmentRescheduled
from deployments.appointments.schemas import Rescheduling
from deployments.errors import Forbidden
from tests.factories import appointments as factory
from tests.factories.appointments import local

MINUTE = timedelta(minutes=1)


async def test_a_booking_leaves_history_reminders_audit_and_an_event(world, rows, published):
    booked = await world.book(local(10), comment="headache")
    assert (booked.status, booked.version) == ("booked", 1)
    assert booked.end - booked.start == timedelta(minutes=30)
    assert (booked.patient_id, booked.comment) == (world.patient.user_id, "headache")
    assert await world.service.reading.get(world.patient, booked.id) == booked
    moves = (await world.service.reading.list_history(world.patient, booked.id)).moves
    assert [(one.move, one.from_status, one.to_status) for one in moves] == [
        ("book", None, "booked")
    ]
    assert moves[0].actor_id == world.patient.user_id
    due = rows("SELECT kind, due_at FROM appointment_reminders ORDER BY due_at")
    assert due == [
        ("24h", booked.start - timedelta(hours=24)),
        ("2h", booked.start - timedelta(hours=2)),
    ]
    assert rows("SELECT action, object_id, patient_id FROM audit_log") == [
        ("appointments.book", booked.id, world.patient.user_id)
    ]
    assert [(type(one), one.appointment_id, one.version) for one in published] == [
        (AppointmentBooked, booked.id, 1)
    ]


async def test_a_booking_takes_few_statements(world, appointments_database):
    statements = []
    event.listen(
        appointments_database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    await world.book(local(10))
    assert len(statements) <= 5  # lock, facts, row with history and reminders, audit, outbox


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        (local(10, 1), NotOffered),
        (local(7, 30), NotOffered),
        (local(17), NotOffered),
        (local(9, day=factory.NOW.date()), NotBookable),
        (local(9, 30, day=factory.NOW.date()), NotBookable),
        (factory.NOW - timedelta(days=1), NotBookable),
        (factory.NOW + timedelta(days=366), NotBookable),
    ],
)
async def test_times_that_cannot_be_booked(world, start, refusal):
    with pytest.raises(refusal):
        await world.book(start)


async def test_staff_books_at_short_notice_and_patients_do_not(world):
    nurse, soon = factory.principal(Role.NURSE), local(9, 30, day=factory.NOW.date())
    with pytest.raises(NotBookable) as refusal:
        await world.book(soon)
    assert refusal.value.errors[0].code == "too_soon"
    booked = await world.book(soon, nurse, patient_id=world.patient.user_id)
    assert booked.created_by == nurse.user_id


async def test_another_patients_id_is_refused_like_an_unknown_one(world):
    other = world.people.add_patient()
    refusals = []
    for patient_id in (other.user_id, uuid4()):
        with pytest.raises(PatientNotFound) as refusal:
            await world.book(local(10), patient_id=patient_id)
        refusals.append(refusal.value.args)
    with pytest.raises(PatientNotFound):
        await world.book(local(10), factory.principal(Role.NURSE), patient_id=uuid4())
    assert refusals[0] == refusals[1]


async def test_staff_says_for_whom_and_roles_without_permission_do_not_book(world):
    with pytest.raises(NotBookable) as refusal:
        await world.book(local(10), factory.principal(Role.NURSE))
    assert refusal.value.errors[0].pointer == "/patient_id"
    with pytest.raises(Forbidden):
        await world.book(local(10), factory.principal(Role.PHARMACIST))


async def test_unknown_and_inactive_doctors_and_reasons(world, appointments_database):
    with appointments_database.engine.begin() as connection:
        off = factory.add_reason(connection, active=False)
        staff_only = factory.add_reason(connection, self_bookable=False)
        heart = factory.add_reason(connection, specialty="cardiology")
    inactive = world.people.add_doctor(active=False)
    nurse = world.people.add_doctor(role=Role.NURSE)
    for practitioner_id in (uuid4(), inactive.user_id, nurse.user_id):
        with pytest.raises(PractitionerNotFound):
            await world.book(local(10), practitioner_id=practitioner_id)
    with pytest.raises(ReasonNotFound):
        await world.book(local(10), reason_id=uuid4())
    for reason_id in (off, staff_only, heart):
        with pytest.raises(NotBookable):
            await world.book(local(10), reason_id=reason_id)


async def test_a_taken_time_and_a_busy_patient_are_told_apart(world, appointments_database):
    await world.book(local(10))
    with pytest.raises(SlotTaken):
        await world.book(local(10), world.people.add_patient())
    second = world.people.add_doctor()
    with appointments_database.engine.begin() as connection:
        factory.add_hours(connection, second.user_id)
    with pytest.raises(PatientBusy):
        await world.book(local(10), practitioner_id=second.user_id)
    await world.book(local(10, 30), practitioner_id=second.user_id)


async def test_buffers_are_the_doctors_time_and_not_the_patients(world, appointments_database):
    with appointments_database.engine.begin() as connection:
        buffered = factory.add_reason(connection, buffer_before_minutes=10, buffer_after_minutes=20)
    await world.book(local(10), reason_id=buffered)
    other = world.people.add_patient()
    for start in (local(9, 30), local(10, 30)):
        with pytest.raises(SlotTaken):
            await world.book(start, other)
    await world.book(local(11), other)


async def test_a_hold_blocks_others_and_becomes_a_booking(world, clock, published):
    held = await world.hold(local(10))
    assert (held.status, held.hold_expires_at) == ("pending", clock() + timedelta(minutes=5))
    with pytest.raises(SlotTaken):
        await world.book(local(10), world.people.add_patient())
    assert published == []
    booked = await world.service.rebooking.confirm(world.patient, held.id, expected=1)
    assert (booked.status, booked.version, booked.hold_expires_at) == ("booked", 2, None)
    assert [type(one) for one in published] == [AppointmentBooked]
    with pytest.raises(MoveNotAllowed):
        await world.service.rebooking.confirm(world.patient, held.id)


async def test_an_expired_hold_gives_way_to_the_next_who_wants_it(world, clock, rows):
    held = await world.hold(local(10))
    clock.advance(timedelta(minutes=5))
    with pytest.raises(HoldExpired):
        await world.service.rebooking.confirm(world.patient, held.id)
    other = world.people.add_patient()
    booked = await world.book(local(10), other)
    gone = await world.service.reading.get(world.patient, held.id)
    assert (gone.status, gone.cancellation_code) == ("cancelled", HOLD_EXPIRED)
    moves = (await world.service.reading.list_history(world.patient, held.id)).moves
    assert [one.move for one in moves] == ["hold", "expire"]
    assert moves[-1].actor_role == "service"
    assert booked.patient_id == other.user_id


async def test_holds_are_renewed_up_to_their_longest_life(world, clock):
    held = await world.hold(local(10))
    clock.advance(4 * MINUTE)
    renewed = await world.service.rebooking.renew(world.patient, held.id)
    assert renewed.hold_expires_at == clock() + 5 * MINUTE
    for _ in range(2):
        clock.advance(4 * MINUTE)
        renewed = await world.service.rebooking.renew(world.patient, held.id)
    assert renewed.hold_expires_at == held.created_at + 15 * MINUTE
    clock.advance(3 * MINUTE)
    with pytest.raises(HoldExpired):
        await world.service.rebooking.renew(world.patient, held.id)


async def test_a_patient_holds_three_times_at_once_even_in_parallel(world, clock):
    starts = [local(9 + index) for index in range(6)]
    results = await asyncio.gather(*(world.hold(start) for start in starts), return_exceptions=True)
    assert sum(isinstance(one, TooManyHolds) for one in results) == 3
    clock.advance(timedelta(minutes=5))
    await world.hold(local(16))


async def test_a_hold_is_not_confirmed_into_leave_entered_meanwhile(world):
    held = await world.hold(local(10))
    leave = LeaveRequest(start=local(8), end=local(17), reason="ill")
    entered = await world.service.calendar.enter_leave(world.doctor, leave)
    assert entered.affected == []
    with pytest.raises(NotOffered):
        await world.service.rebooking.confirm(world.patient, held.id)


async def test_rescheduling_keeps_the_id_and_its_own_time_is_free(world, published, rows):
    booked = await world.book(local(10))
    with pytest.raises(NotBookable):
        await world.service.rebooking.reschedule(
            world.patient, booked.id, Rescheduling(start=booked.start)
        )
    moved = await world.service.rebooking.reschedule(
        world.patient, booked.id, Rescheduling(start=local(10, 30)), expected=1
    )
    assert (moved.id, moved.start, moved.version) == (booked.id, local(10, 30), 2)
    assert isinstance(published[-1], AppointmentRescheduled)
    assert published[-1].previous_start == booked.start
    moves = (await world.service.reading.list_history(world.patient, booked.id)).moves
    assert (moves[-1].move, moves[-1].previous_start) == ("reschedule", booked.start)
    due = rows("SELECT status, due_at FROM appointment_reminders ORDER BY 1, 2")
    assert [status for status, _ in due] == ["cancelled", "cancelled", "scheduled", "scheduled"]
    assert due[-1][1] == moved.start - timedelta(hours=2)
    await world.book(local(10), world.people.add_patient())


async def test_a_longer_visit_moves_into_time_that_it_has_itself(world, appointments_database):
    with appointments_database.engine.begin() as connection:
        hour = factory.add_reason(connection, duration_minutes=60)
    booked = await world.book(local(10), reason_id=hour)
    moved = await world.service.rebooking.reschedule(
        world.patient, booked.id, Rescheduling(start=local(10, 30))
    )
    assert moved.end == local(11, 30)


async def test_rescheduling_into_taken_time_changes_nothing(world, appointments_database):
    booked = await world.book(local(10))
    await world.book(local(11), world.people.add_patient())
    with pytest.raises(SlotTaken):
        await world.service.rebooking.reschedule(
            world.patient, booked.id, Rescheduling(start=local(11))
        )
    second = world.people.add_doctor()
    with appointments_database.engine.begin() as connection:
        factory.add_hours(connection, second.user_id)
    await world.book(local(14), practitioner_id=second.user_id)
    with pytest.raises(PatientBusy):
        await world.service.rebooking.reschedule(
            world.patient, booked.id, Rescheduling(start=local(14))
        )
    assert await world.service.reading.get(world.patient, booked.id) == booked


async def test_rescheduling_frees_expired_holds_in_its_way(world, clock):
    await world.hold(local(11), world.people.add_patient())
    booked = await world.book(local(10))
    clock.advance(timedelta(minutes=5))
    moved = await world.service.rebooking.reschedule(
        world.patient, booked.id, Rescheduling(start=local(11))
    )
    assert moved.start == local(11)


async def test_a_stale_version_changes_nothing(world):
    booked = await world.book(local(10))
    with pytest.raises(ChangedMeanwhile):
        await world.service.rebooking.reschedule(
            world.patient, booked.id, Rescheduling(start=local(11)), expected=7
        )


async def test_others_appointments_look_unknown_to_every_move(world):
    booked, other = await world.book(local(10)), world.people.add_patient()
    for appointment_id in (booked.id, uuid4()):
        for attempt in (
            world.service.rebooking.confirm(other, appointment_id),
            world.service.rebooking.renew(other, appointment_id),
            world.service.rebooking.reschedule(
                other, appointment_id, Rescheduling(start=local(11))
            ),
        ):
            with pytest.raises(AppointmentNotFound) as refusal:
                await attempt
            assert refusal.value.args == ()


async def test_doctors_and_patients_are_remembered_for_a_while(world, make_service):
    forgetful = world.people.asked
    await world.book(local(10))
    await world.book(local(11))
    assert world.people.asked == forgetful + 2
    remembering = make_service().booking
    remembering._desk.directory._remembered_s = 60
    for hour in (13, 14):
        await remembering.book(world.patient, world.request(local(hour)))
    assert world.people.asked == forgetful + 3
