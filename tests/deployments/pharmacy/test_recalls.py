"""A recalled lot stays where it is, and who still has some of it is told."""

import asyncio
from decimal import Decimal

import pytest

from deployments.errors import Forbidden
from deployments.pagination import PageRequest
from deployments.pharmacy import recalls
from deployments.pharmacy.dispensing_schemas import RecallRequest, ReturnLine, ReturnRequest
from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.events import LotRecalled, PatientAffectedByRecall
from deployments.pharmacy.stock_errors import (
    AlreadyRecalled,
    BatchNotFound,
    BatchNotUsable,
    OutOfStock,
    RecallNotFound,
)
from deployments.pharmacy.stock_schemas import BatchReason
from tests.factories import appointments as people
from tests.factories.stock import LATER, StockWorld


@pytest.fixture
def world(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(recalls, "publish", lambda _connection, *events: found.extend(events))
    return found


def recall(world, drug, lot="A", by=None):
    request = RecallRequest(medication_id=drug.id, lot=lot, reason="contaminated")
    return world.service.recalls.recall(by or world.checker, request)


async def test_patients_who_kept_some_are_listed_and_told_once(world, published):
    drug = world.medication()
    await world.receive(drug, lot="A", quantity=60)
    await world.receive(drug, lot="B", quantity=100, expires_on=LATER)
    keeps, returns, other = (people.patient() for _ in range(3))
    await world.dispense(world.prescribe(drug, patient=keeps), 10)
    await world.dispense(world.prescribe(drug, patient=keeps), 20)
    done = await world.dispense(world.prescribe(drug, patient=returns))
    line = ReturnLine(dispensing_item_id=done.items[0].id, quantity=Decimal(30))
    request = ReturnRequest(lines=[line], code="not-needed")
    await world.service.returns.give_back(world.maker, done.id, request)
    await world.dispense(world.prescribe(drug, patient=other), 30)
    made = await recall(world, drug)
    service = world.service.recalls
    found = (await service.list_patients(world.maker, made.id, PageRequest())).items
    expected = {keeps.user_id: 30, other.user_id: 30}
    assert {one.patient_id: one.quantity for one in found} == expected
    lot, *told = published
    assert (type(lot), lot.patients) == (LotRecalled, 2)
    assert {one.patient_id for one in told} == set(expected)
    assert {type(one) for one in told} == {PatientAffectedByRecall}
    assert await service.get(world.nurse, made.id) == made
    assert (await service.list_page(world.nurse, PageRequest())).items == [made]
    with pytest.raises(AlreadyRecalled):
        await recall(world, drug)


async def test_a_recalled_lot_cannot_leave_nor_be_released(world):
    drug = world.medication()
    batch = await world.receive(drug)
    made = await world.prepare(world.prescribe(drug))
    await world.service.preparing.pick(world.maker, made.id)
    await recall(world, drug)
    with pytest.raises(BatchNotUsable):
        await world.service.completion.complete(world.maker, made.id)
    with pytest.raises(OutOfStock):
        await world.prepare(world.prescribe(drug))
    with pytest.raises(MoveNotAllowed):
        await world.service.stock.release(world.checker, batch, BatchReason(reason="x"))


async def test_whoever_is_handing_over_is_refused_or_on_the_list(world):
    drug = world.medication()
    await world.receive(drug, quantity=1000)
    patients = [people.patient() for _ in range(7)]
    ready = []
    for one in patients:
        made = await world.prepare(world.prescribe(drug, patient=one), 1)
        ready.append(await world.service.preparing.pick(world.maker, made.id))
    hand_over = [world.service.completion.complete(world.maker, one.id) for one in ready]
    results = await asyncio.gather(*hand_over, recall(world, drug), return_exceptions=True)
    recalled = results.pop()
    listed = await world.service.recalls.list_patients(world.maker, recalled.id, PageRequest())
    served = {one.patient_id for one in results if not isinstance(one, Exception)}
    assert {one.patient_id for one in listed.items} == served
    assert all(isinstance(one, BatchNotUsable) for one in results if isinstance(one, Exception))


async def test_what_cannot_be_recalled(world):
    drug = world.medication()
    await world.receive(drug)
    with pytest.raises(BatchNotFound):
        await recall(world, drug, lot="unknown")
    with pytest.raises(Forbidden):
        await recall(world, drug, by=world.nurse)
    with pytest.raises(RecallNotFound):
        await world.service.recalls.get(world.nurse, drug.id)
