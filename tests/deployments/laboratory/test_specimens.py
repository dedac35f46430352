"""Specimens: numbers without gaps, moves that one hand wins, rejection, aliquots."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from deployments.events import Event
from deployments.laboratory.alert_schemas import AlertQuery
from deployments.laboratory.errors import (
    MoveNotAllowed,
    NotEnoughLeft,
    SpecimenNotFound,
    WrongTime,
)
from deployments.laboratory.events import SpecimenReceived, SpecimenRejected
from deployments.laboratory.order_schemas import Addition, LabOrderRequest
from deployments.laboratory.result_schemas import Entries, Entry
from deployments.laboratory.specimen_schemas import (
    Aliquots,
    Collection,
    Receipt,
    Rejection,
    StoragePlace,
)
from storage.laboratory import accession
from storage.laboratory.tables import ACCESSION_SERIES
from storage.outbox import outbox

DAY = date(2026, 11, 24)


@pytest.fixture
async def order(service, people):
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    return await service.ordering.place(people.doctor, request)


def test_check_digits_find_wrong_and_swapped_digits() -> None:
    """ISO/IEC 7064, MOD 11,10; its example: the check digit of 0794 is 5."""
    assert accession.check_digit("0794") == "5"
    chance = random.Random(1)
    for _ in range(500):
        number = accession.accession(DAY, chance.randrange(100_000))
        place = chance.randrange(len(number))
        wrong = (int(number[place]) + chance.randrange(1, 10)) % 10
        changed = f"{number[:place]}{wrong}{number[place + 1 :]}"
        assert accession.check_digit(changed[:-1]) != changed[-1]


def take(engine, clients: int, each: int, *, safe: bool) -> list[str]:
    """Numbers taken by several clients at once; every fifth transaction is rolled back."""

    def one(client: int) -> list[str]:
        taken = []
        chance = random.Random(client)
        with engine.connect() as connection:
            while len(taken) < each:
                count = min(chance.randrange(1, 4), each - len(taken))
                numbers = _next(connection, count, safe=safe)
                if chance.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    taken += numbers
        return taken

    with ThreadPoolExecutor(clients) as threads:
        return [number for taken in threads.map(one, range(clients)) for number in taken]


def _next(connection, count: int, *, safe: bool) -> list[str]:
    if safe:
        return accession.next_accessions(connection, DAY, count)
    rows = connection.execute(select(ACCESSION_SERIES.c.last)).scalars().all()
    last = (rows[0] if rows else 0) + count
    if rows:
        connection.execute(update(ACCESSION_SERIES).values(last=last))
    else:
        accession.next_accessions(connection, DAY, count)
    return [accession.accession(DAY, number) for number in range(last - count + 1, last + 1)]


def test_ten_thousand_numbers_from_eight_clients(laboratory_database, red) -> None:
    safe = not red("accession")
    taken = take(laboratory_database.engine, clients=8, each=1250, safe=safe)
    assert sorted(taken) == [accession.accession(DAY, number) for number in range(1, 10_001)]


async def test_days_are_those_of_the_hospital(service, people, clock) -> None:
    clock.time = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
    placed = await service.ordering.place(people.doctor, request)
    assert placed.specimens[0].accession.startswith("26112500001")


async def test_two_technicians_and_one_specimen(service, people, order) -> None:
    """Eight hands receive it at once: one wins, the others are refused, one step is written."""
    tube = order.specimens[0].id
    await service.specimens.collect(people.nurse, tube, Collection())
    hands = [people.technician, people.second_technician] * 4
    tries = [service.specimens.receive(one, tube, Receipt()) for one in hands]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert sum(isinstance(one, MoveNotAllowed) for one in done) == 7
    told = await service.order_reading.get_history(people.doctor, order.id)
    assert [move.move for move in told.moves if move.kind == "specimen"] == [
        "request",
        "collect",
        "receive",
    ]


async def test_collected_neither_before_the_order_nor_in_the_future(
    service, people, order, clock
) -> None:
    for wrong in (timedelta(minutes=1), timedelta(days=-1)):
        with pytest.raises(WrongTime):
            await service.specimens.collect(
                people.nurse, order.specimens[0].id, Collection(collected_at=clock.time + wrong)
            )


async def test_scanned_by_its_number(service, people, order) -> None:
    number = order.specimens[0].accession
    assert (await service.specimen_reading.find(people.technician, number)).id == order.specimens[
        0
    ].id
    for caller, asked in ((people.stranger, number), (people.technician, "261124999999")):
        with pytest.raises(SpecimenNotFound):
            await service.specimen_reading.find(caller, asked)


async def test_a_rejected_specimen_is_asked_for_again(service, people, order, accepted) -> None:
    tube = order.specimens[0]
    await accepted(order, tube.id)
    gone = await service.specimens.reject(people.technician, tube.id, Rejection(reason="clotted"))
    assert (gone.status, gone.reject_reason) == ("rejected", "clotted")
    after = await service.order_reading.get(people.doctor, order.id)
    old, new = after.tests
    assert (old.status, old.status_reason) == ("rejected", "clotted")
    assert (new.status, new.origin, new.caused_by_id) == ("not-started", "recollection", old.id)
    again = next(one for one in after.specimens if one.id == new.specimen_id)
    assert (again.status, again.replaces_id, after.status) == ("requested", tube.id, "active")


async def test_stored_moved_and_thrown_away_when_nothing_waits(
    service, people, order, accepted
) -> None:
    tube = order.specimens[0].id
    await accepted(order, tube)
    for place in ("fridge 1 / B7", "fridge 2 / A1"):
        kept = await service.specimens.store(people.technician, tube, StoragePlace(position=place))
    assert kept.storage_position == "fridge 2 / A1"
    with pytest.raises(MoveNotAllowed, match="in-process"):
        await service.specimens.dispose(people.technician, tube)


async def test_aliquots_have_numbers_of_their_own_and_never_more_than_there_is(
    service, people, order
) -> None:
    tube = order.specimens[0].id
    await service.specimens.collect(people.nurse, tube, Collection(volume_ul=1000))
    with pytest.raises(MoveNotAllowed):
        await service.dividing.divide(people.technician, tube, Aliquots(volumes_ul=[10]))
    await service.specimens.receive(people.technician, tube, Receipt(condition=["lipaemic"]))
    await service.specimens.accept(people.technician, tube)
    parts = await service.dividing.divide(people.technician, tube, Aliquots(volumes_ul=[400, 400]))
    assert len({one.accession for one in parts.items} | {order.specimens[0].accession}) == 3
    assert {(one.parent_id, tuple(one.condition)) for one in parts.items} == {(tube, ("lipaemic",))}
    with pytest.raises(NotEnoughLeft, match="200 microlitres are left"):
        await service.dividing.divide(people.technician, tube, Aliquots(volumes_ul=[300]))


async def test_a_rejected_specimen_is_told(service, people, order, accepted, outbox_names) -> None:
    await accepted(order)
    tube = order.specimens[0].id
    await service.specimens.reject(people.technician, tube, Rejection(reason="clotted"))
    assert "laboratory.specimen_rejected.v1" in await outbox_names()


async def test_a_test_added_while_its_specimen_is_accepted_is_never_left_behind(
    service, people
) -> None:
    """Whichever comes first: it begins with the specimen, or finds it accepted."""
    for _ in range(15):
        request = LabOrderRequest(patient_id=people.patient.user_id, tests=["K"])
        order = await service.ordering.place(people.doctor, request)
        tube = order.specimens[0].id
        await service.specimens.collect(people.nurse, tube, Collection())
        await service.specimens.receive(people.technician, tube, Receipt())
        await asyncio.gather(
            service.specimens.accept(people.technician, tube),
            service.ordering.add(people.doctor, order.id, Addition(tests=["NA"])),
        )
        after = await service.order_reading.get(people.doctor, order.id)
        assert {test.status for test in after.tests} == {"in-process"}


async def test_what_was_measured_on_a_rejected_specimen_counts_no_more(
    service, people, order, accepted
) -> None:
    """Nor does anybody go on being called about it."""
    await accepted(order)
    entry = Entries(values=[Entry(parameter="K", value="7.1", unit="mmol/L")])
    result = await service.entering.enter(people.technician, order.tests[0].id, entry)
    tube = order.specimens[0].id
    await service.specimens.reject(people.technician, tube, Rejection(reason="haemolysed"))
    seen = (await service.result_reading.list_versions(people.technician, order.tests[0].id)).items[
        0
    ]
    assert (seen.id, seen.status, seen.current) == (result.id, "cancelled", False)
    alert = (await service.alerts.list_page(people.doctor, AlertQuery())).items[0]
    assert (alert.status, alert.hops[-1].kind) == ("withdrawn", "withdrawn")


@pytest.fixture
def told(laboratory_database):
    """Payloads of the events of a kind, as billing hears them."""

    async def of(kind: type[Event]) -> list[dict]:
        query = select(outbox.c.payload).where(
            outbox.c.name == kind.name, outbox.c.listener == "billing"
        )
        return list(
            await laboratory_database.read(
                lambda c: c.execute(query.order_by(outbox.c.sequence)).scalars().all()
            )
        )

    return of


def charged(events: list[dict]) -> list[str]:
    return [item["test_id"] for event in events for item in event["items"]]


async def test_every_test_is_charged_once_and_a_lost_one_is_reversed(
    service, people, order, accepted, told
) -> None:
    """With its specimen, added to one that is there, and once more after a rejection."""
    tube = order.specimens[0].id
    await accepted(order, tube)
    await service.ordering.add(people.doctor, order.id, Addition(tests=["NA"]))
    begun = await told(SpecimenReceived)
    after = await service.order_reading.get(people.doctor, order.id)
    assert charged(begun) == [str(test.id) for test in after.tests]
    await service.specimens.reject(people.technician, tube, Rejection(reason="clotted"))
    [lost] = await told(SpecimenRejected)
    assert sorted(charged([lost])) == sorted(charged(begun))
    assert (lost["order_id"], lost["patient_id"]) == (str(order.id), str(people.patient.user_id))
    assert {item["code"] for item in lost["items"]} == {"K", "NA"}
    await accepted(order, lost["recollection_specimen_id"])
    again = charged(await told(SpecimenReceived))[2:]
    assert len(again) == len(set(again)) == 2
    assert set(again).isdisjoint(charged(begun))


async def test_a_lost_part_of_a_specimen_asks_nobody_to_come_again(
    service, people, order, accepted, told
) -> None:
    await accepted(order)
    tube = order.specimens[0].id
    parts = await service.dividing.divide(people.technician, tube, Aliquots(volumes_ul=[400]))
    await service.specimens.reject(people.technician, parts.items[0].id, Rejection(reason="leaked"))
    [lost] = await told(SpecimenRejected)
    assert (lost["items"], lost["recollection_specimen_id"]) == ([], None)
