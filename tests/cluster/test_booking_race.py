"""2,000 attempts by 16 clients on 5 doctors' slots: no overlap, losers told so, nothing broken."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from tests.cluster.people import Person, person
from tests.cluster.stack import Hospital

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

CLIENTS = 16
ATTEMPTS = 2000
DOCTORS = 5
OVERLAPS = """
SELECT count(*) FROM appointments a JOIN appointments b
ON a.practitioner_id = b.practitioner_id AND a.id < b.id AND a.occupied && b.occupied
WHERE a.status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')
  AND b.status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')
"""


def engine_of(hospital: Hospital, service: str) -> Engine:
    url = hospital.environment[f"MEDRAY_{service.upper()}_DATABASE_URL"]
    return create_engine(url, poolclass=NullPool)


def overlaps(hospital: Hospital) -> int:
    with engine_of(hospital, "appointments").connect() as connection:
        return int(connection.execute(text(OVERLAPS)).scalar_one())


async def slots_of_some_doctors(patient: Person) -> list[dict[str, Any]]:
    """About a day of each of five doctors."""
    found = await patient.slots(await patient.reason())
    doctors = list(dict.fromkeys(slot["practitioner_id"] for slot in found))[:DOCTORS]
    return [slot for slot in found if slot["practitioner_id"] in doctors]


@pytest.fixture
def _without_constraints(hospital: Hospital, red: Callable[[str], bool]) -> None:
    """`--red no-constraint`: what is left is checking before inserting."""
    if red("no-constraint"):
        with engine_of(hospital, "appointments").begin() as connection:
            names = connection.execute(
                text(
                    "SELECT conname FROM pg_constraint"
                    " WHERE contype = 'x' AND conrelid = 'appointments'::regclass"
                )
            ).scalars()
            for name in names:
                connection.execute(text(f"ALTER TABLE appointments DROP CONSTRAINT {name}"))


@pytest.mark.usefixtures("_without_constraints")
async def test_no_slot_is_booked_twice(hospital: Hospital) -> None:
    chance = random.Random(11)
    statuses: Counter[int] = Counter()
    async with AsyncExitStack() as stack:
        patients = [await stack.enter_async_context(person(hospital.url)) for _ in range(CLIENTS)]
        for patient in patients:
            await patient.register()
        slots = await slots_of_some_doctors(patients[0])

        async def attempt(patient: Person) -> None:
            for _ in range(ATTEMPTS // CLIENTS):
                answer = await patient.book(chance.choice(slots))
                statuses[answer.status_code] += 1

        await asyncio.gather(*(attempt(patient) for patient in patients))
    print(f"statuses {dict(statuses)} on {len(slots)} slots")
    assert overlaps(hospital) == 0
    assert set(statuses) == {201, 409}
    assert sum(statuses.values()) == ATTEMPTS
