"""No double booking, whoever races whom.

`MEDRAY_TEST_DROP_EXCLUSION=1` drops the constraints first: the tests must then be red.
"""

import asyncio
import os
import random
from uuid import uuid4

import pytest
from sqlalchemy import text

from deployments.appointments.cancellation import CancellationCode
from deployments.appointments.errors import (
    MoveNotAllowed,
    NotBookable,
    PatientBusy,
    SlotTaken,
    TooManyHolds,
)
from deployments.appointments.schemas import Cancellation, Rescheduling
from storage import migrate
from storage.database import Database
from tests.factories import appointments as factory
from tests.factories.appointments import local

DROPPED = bool(os.environ.get("MEDRAY_TEST_DROP_EXCLUSION"))
LOST = (SlotTaken, PatientBusy)
OVERLAPS = (
    "SELECT count(*) FROM appointments a JOIN appointments b ON a.id < b.id"
    " AND {same} AND a.status IN ('pending', 'booked') AND b.status IN ('pending', 'booked')"
)
DOCTOR_TWICE = OVERLAPS.format(
    same="a.practitioner_id = b.practitioner_id AND a.occupied && b.occupied"
)
PATIENT_TWICE = OVERLAPS.format(
    same="a.patient_id = b.patient_id"
    ' AND tstzrange(a.start, a."end") && tstzrange(b.start, b."end")'
)
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
async def appointments_database(postgres):
    """A database of its own, wide enough for sixteen at once, that may lose its constraints."""
    name = f"races_{uuid4().hex}"
    postgres.create_database(name)
    migrate.upgrade("appointments", postgres.url(name))
    database = Database(postgres.url(name), threads=16, application="test-races")
    if DROPPED:
        with database.engine.begin() as connection:
            for constraint in ("ex_appointments_practitioner", "ex_appointments_patient"):
                connection.execute(text(f"ALTER TABLE appointments DROP CONSTRAINT {constraint}"))
    yield database
    await database.close()


async def race(attempts):
    """Runs the attempts, sixteen at a time; returns what they ended with."""
    gate = asyncio.Semaphore(16)

    async def run(attempt):
        async with gate:
            return await attempt()

    return await asyncio.gather(*(run(one) for one in attempts), return_exceptions=True)


def assert_lost_cleanly(results, *more):
    unexpected = [one for one in results if isinstance(one, Exception)]
    unexpected = [one for one in unexpected if not isinstance(one, (*LOST, *more))]
    assert unexpected == []


async def test_two_thousand_attempts_on_five_doctors(world, rows, appointments_database):
    doctors = [world.doctor, *(world.people.add_doctor() for _ in range(4))]
    patients = [world.people.add_patient() for _ in range(40)]
    with appointments_database.engine.begin() as connection:
        for doctor in doctors[1:]:
            factory.add_hours(connection, doctor.user_id)
    dice = random.Random(1)

    def attempt():
        start = local(dice.randrange(8, 17), dice.choice((0, 30)))
        take = dice.choice((world.book, world.book, world.hold))
        doctor, patient = dice.choice(doctors), dice.choice(patients)
        return lambda: take(start, patient, practitioner_id=doctor.user_id)

    results = await race([attempt() for _ in range(2000)])
    assert_lost_cleanly(results, TooManyHolds)
    won = [one for one in results if not isinstance(one, Exception)]
    assert rows(DOCTOR_TWICE) == [(0,)]
    assert rows(PATIENT_TWICE) == [(0,)]
    assert len(won) >= 80
    assert rows(DEADLOCKS) == [(0,)]


async def test_moves_bookings_and_cancellations_all_at_once(world, rows):
    patients = [world.people.add_patient() for _ in range(12)]
    booked = [await world.book(local(8 + n // 2, n % 2 * 30), p) for n, p in enumerate(patients)]
    dice = random.Random(2)
    cancel = Cancellation(code=CancellationCode.OTHER)

    def attempt():
        start = local(dice.randrange(8, 17), dice.choice((0, 30)))
        turn = dice.random()
        if turn < 0.6:
            number = dice.randrange(len(patients))
            move = Rescheduling(start=start)
            return lambda: world.service.rebooking.reschedule(
                patients[number], booked[number].id, move
            )
        if turn < 0.95:
            patient = dice.choice(patients)
            return lambda: world.book(start, patient)
        number = dice.randrange(len(patients))
        return lambda: world.service.visits.cancel(patients[number], booked[number].id, cancel)

    results = await race([attempt() for _ in range(300)])
    assert_lost_cleanly(results, MoveNotAllowed, NotBookable)
    assert rows(DOCTOR_TWICE) == [(0,)]
    assert rows(PATIENT_TWICE) == [(0,)]
    assert rows(DEADLOCKS) == [(0,)]


async def test_sixteen_who_want_one_expired_hold(world, clock, rows):
    await world.hold(local(10))
    clock.advance(world.service.booking._desk.settings.hold)
    patients = [world.people.add_patient() for _ in range(16)]
    results = await race([lambda p=p: world.book(local(10), p) for p in patients])
    assert_lost_cleanly(results)
    assert sum(not isinstance(one, Exception) for one in results) == 1
    assert rows(DEADLOCKS) == [(0,)]
