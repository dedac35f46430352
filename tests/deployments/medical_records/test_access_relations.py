"""Visits, orders and encounters let people read, and stop letting them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from deployments.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentImported,
    AppointmentRescheduled,
)
from deployments.events import Envelope
from deployments.laboratory.events import LabOrderImported
from deployments.medical_records import relations
from deployments.medical_records.errors import RecordNotFound
from deployments.pharmacy.events import PrescriptionEnded, PrescriptionIssued


async def hear(world, *events):
    return await world.service.listener.hear([Envelope.of(event) for event in events])


async def may_read(world, who):
    gate = world.service.desk.gate
    try:
        await gate.read(who, world.patient_id, "Condition", lambda _connection: None)
    except RecordNotFound:
        return False
    return True


@pytest.fixture
def visit(world, clock):
    def make(kind=AppointmentBooked, **values):
        start = clock() + timedelta(days=7)
        defaults = {
            "appointment_id": world.other_patient.user_id,  # any id that stays the same
            "patient_id": world.patient_id,
            "practitioner_id": world.stranger.user_id,
            "reason_id": uuid4(),
            "start": start,
            "end": start + timedelta(minutes=30),
            "version": 1,
            "occurred_at": clock(),
        }
        return kind(**(defaults | values))

    return make


async def test_a_visit_lets_its_doctor_read_until_a_month_after(world, clock, visit):
    assert await hear(world, visit()) == [None]
    assert await may_read(world, world.stranger)
    clock.advance(timedelta(days=37))
    assert await may_read(world, world.stranger)
    clock.advance(timedelta(minutes=30))
    assert not await may_read(world, world.stranger)


async def test_a_moved_visit_moves_the_end(world, clock, visit):
    later = clock() + timedelta(days=60)
    moved = visit(AppointmentRescheduled, previous_start=clock(), start=later, end=later, version=2)
    assert await hear(world, visit(), moved) == [None, None]
    clock.advance(timedelta(days=80))
    assert await may_read(world, world.stranger)


async def test_a_cancelled_visit_lets_nobody_read(world, visit):
    booked = visit()
    cancelled = visit(AppointmentCancelled, cancellation_code="pat", by_patient=True, version=2)
    assert await hear(world, booked, cancelled, booked) == [None, None, None]
    assert not await may_read(world, world.stranger)


async def test_news_that_is_late_changes_nothing(world, visit):
    cancelled = visit(AppointmentCancelled, cancellation_code="pat", by_patient=True, version=2)
    await hear(world, cancelled)
    await hear(world, visit())
    assert not await may_read(world, world.stranger)


async def test_imported_visits_count_when_they_take_place(world, visit):
    assert await hear(world, visit(AppointmentImported, status="proposed")) == [None]
    assert not await may_read(world, world.stranger)
    await hear(world, visit(AppointmentImported, status="booked", version=2))
    assert await may_read(world, world.stranger)
    await hear(world, visit(AppointmentImported, status="entered-in-error", version=3))
    assert not await may_read(world, world.stranger)


async def test_an_order_lets_its_prescriber_read_until_a_month_after_its_end(world, clock):
    who = {
        "prescription_id": uuid4(),
        "patient_id": world.patient_id,
        "practitioner_id": world.stranger.user_id,
    }
    issued = PrescriptionIssued(**who, version=1, encounter_id=None, items=[], occurred_at=clock())
    await hear(world, issued)
    clock.advance(timedelta(days=300))
    assert await may_read(world, world.stranger)
    ended = PrescriptionEnded(
        **who, version=2, reason="completed", item_ids=[], occurred_at=clock()
    )
    assert await hear(world, ended) == [None]
    clock.advance(timedelta(days=29))
    assert await may_read(world, world.stranger)
    clock.advance(timedelta(days=1))
    assert not await may_read(world, world.stranger)


@pytest.mark.parametrize(
    ("status", "days_ago", "reads"),
    [("active", 300, True), ("completed", 300, False), ("completed", 29, True)],
)
async def test_an_imported_laboratory_order_counts_from_when_it_was_placed(
    world, clock, status, days_ago, reads
):
    order = LabOrderImported(
        order_id=uuid4(), patient_id=world.patient_id,
        practitioner_id=world.stranger.user_id, encounter_id=None, version=1, status=status,
        occurred_at=clock() - timedelta(days=days_ago),
    )  # fmt: skip
    assert await hear(world, order) == [None]
    assert await may_read(world, world.stranger) is reads


async def test_an_encounter_lets_its_people_read_until_a_season_after(world, clock):
    encounter_id, database = uuid4(), world.service.desk.database

    def begin(connection):
        relations.begin_encounter(
            connection,
            patient_id=world.patient_id,
            practitioner_ids=[world.stranger.user_id],
            encounter_id=encounter_id,
            at=clock(),
        )

    await database.transact(begin, keyed=False)
    clock.advance(timedelta(days=200))
    assert await may_read(world, world.stranger)
    settings = world.service.desk.settings
    await database.transact(
        lambda connection: relations.finish_encounter(connection, settings, encounter_id, clock()),
        keyed=False,
    )
    clock.advance(timedelta(days=89))
    assert await may_read(world, world.stranger)
    clock.advance(timedelta(days=1))
    assert not await may_read(world, world.stranger)
