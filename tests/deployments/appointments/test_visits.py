"""What becomes of a visit."""

from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.access import Role
from deployments.appointments.cancellation import CancellationCode
from deployments.appointments.errors import (
    AppointmentNotFound,
    CancellationReasonNotAllowed,
    ChangedMeanwhile,
    MoveNotAllowed,
    NotBookable,
    TooEarly,
)
from deployments.appointments.events import (
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentFulfilled,
    AppointmentNoShow,
)
from deployments.appointments.schemas import Cancellation
from deployments.errors import Forbidden
from tests.factories import appointments as factory
from tests.factories.appointments import local

FEELING_BETTER = Cancellation(code=CancellationCode.PATIENT_FEELING_BETTER, text="all good")
PROVIDER = Cancellation(code=CancellationCode.PROVIDER)
NURSE = factory.principal(Role.NURSE)
ADMINISTRATOR = factory.principal(Role.ADMINISTRATOR)


async def test_a_cancelled_visit_frees_its_time_and_its_reminders(world, rows, published):
    booked = await world.book(local(10))
    cancelled = await world.service.visits.cancel(world.patient, booked.id, FEELING_BETTER, 1)
    assert (cancelled.status, cancelled.version) == ("cancelled", 2)
    assert (cancelled.cancellation_code, cancelled.cancellation_text) == ("pat-fb", "all good")
    assert cancelled.cancelled_at == cancelled.updated_at
    assert isinstance(published[-1], AppointmentCancelled)
    assert (published[-1].cancellation_code, published[-1].by_patient) == ("pat-fb", True)
    assert rows("SELECT DISTINCT status FROM appointment_reminders") == [("cancelled",)]
    await world.book(local(10), world.people.add_patient())
    with pytest.raises(MoveNotAllowed):
        await world.service.visits.cancel(world.patient, booked.id, FEELING_BETTER)


async def test_giving_a_hold_back_is_told_to_nobody(world, published):
    held = await world.hold(local(10))
    await world.service.visits.cancel(world.patient, held.id, FEELING_BETTER)
    assert published == []
    await world.hold(local(10), world.people.add_patient())


async def test_staff_cancels_with_any_reason_and_patients_with_theirs(world, published):
    booked = await world.book(local(10))
    with pytest.raises(CancellationReasonNotAllowed):
        await world.service.visits.cancel(world.patient, booked.id, PROVIDER)
    await world.service.visits.cancel(world.doctor, booked.id, PROVIDER)
    assert published[-1].by_patient is False


async def test_a_patient_does_not_cancel_a_visit_that_has_begun(world, clock):
    booked = await world.book(local(10))
    clock.advance(booked.start - clock())
    with pytest.raises(NotBookable):
        await world.service.visits.cancel(world.patient, booked.id, FEELING_BETTER)
    await world.service.visits.cancel(NURSE, booked.id, PROVIDER)


async def test_a_visit_from_arrival_to_fulfilment(world, published):
    booked = await world.book(local(10))
    arrived = await world.service.visits.arrive(NURSE, booked.id, 1)
    checked_in = await world.service.visits.check_in(NURSE, booked.id, 2)
    done = await world.service.visits.fulfil(world.doctor, booked.id, 3)
    assert [one.status for one in (arrived, checked_in, done)] == [
        "arrived",
        "checked-in",
        "fulfilled",
    ]
    assert None not in {done.arrived_at, done.checked_in_at, done.fulfilled_at}
    assert [type(one) for one in published[1:]] == [AppointmentCheckedIn, AppointmentFulfilled]
    assert [one.version for one in published[1:]] == [3, 4]
    history = await world.service.reading.list_history(world.patient, booked.id)
    assert [(one.move, one.actor_role) for one in history.moves] == [
        ("book", "patient"),
        ("arrive", "nurse"),
        ("check-in", "nurse"),
        ("fulfil", "doctor"),
    ]


async def test_no_show_only_after_the_grace_time(world, clock, published):
    booked = await world.book(local(10))
    clock.advance(booked.start + timedelta(minutes=14) - clock())
    with pytest.raises(TooEarly):
        await world.service.visits.no_show(NURSE, booked.id)
    clock.advance(timedelta(minutes=1))
    missed = await world.service.visits.no_show(NURSE, booked.id)
    assert (missed.status, missed.noshow_at) == ("noshow", clock())
    assert isinstance(published[-1], AppointmentNoShow)


async def test_entered_in_error_is_for_the_privileged_and_for_every_status(world):
    booked = await world.book(local(10))
    with pytest.raises(Forbidden):
        await world.service.visits.enter_in_error(NURSE, booked.id)
    gone = await world.service.visits.enter_in_error(ADMINISTRATOR, booked.id)
    assert gone.status == "entered-in-error"
    with pytest.raises(MoveNotAllowed):
        await world.service.visits.enter_in_error(ADMINISTRATOR, booked.id)


async def test_moves_are_for_those_with_the_permission(world):
    booked = await world.book(local(10))
    visits = world.service.visits
    for move in (visits.arrive, visits.check_in, visits.no_show, visits.fulfil):
        with pytest.raises(Forbidden):
            await move(world.patient, booked.id)
    with pytest.raises(Forbidden):
        await visits.check_in(world.doctor, booked.id)


async def test_what_the_caller_may_not_know_of_looks_unknown(world):
    booked = await world.book(local(10))
    stranger, colleague = world.people.add_patient(), world.people.add_doctor()
    for appointment_id in (booked.id, uuid4()):
        for attempt in (
            world.service.visits.cancel(stranger, appointment_id, FEELING_BETTER),
            world.service.visits.cancel(colleague, appointment_id, PROVIDER),
            world.service.visits.fulfil(colleague, appointment_id),
            world.service.reading.get(stranger, appointment_id),
            world.service.reading.list_history(stranger, appointment_id),
        ):
            with pytest.raises(AppointmentNotFound) as refusal:
                await attempt
            assert refusal.value.args == ()


async def test_billing_reads_every_visit_and_changes_none(world):
    booked, officer = await world.book(local(10)), factory.principal(Role.BILLING_OFFICER)
    assert await world.service.reading.get(officer, booked.id) == booked
    with pytest.raises(AppointmentNotFound):
        await world.service.visits.cancel(officer, booked.id, PROVIDER)


async def test_a_stale_version_changes_nothing(world):
    booked = await world.book(local(10))
    for attempt in (
        world.service.visits.cancel(world.patient, booked.id, FEELING_BETTER, 2),
        world.service.visits.check_in(NURSE, booked.id, 9),
    ):
        with pytest.raises(ChangedMeanwhile):
            await attempt
    assert await world.service.reading.get(world.patient, booked.id) == booked
