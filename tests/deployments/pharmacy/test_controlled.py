"""Controlled drugs: a second person signs, and the register has no gaps."""

import asyncio
from decimal import Decimal
from itertools import pairwise

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.pharmacy.dispensing_schemas import ReturnRequest, WitnessedReturn
from deployments.pharmacy.document_schemas import StockDocumentRequest
from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.stock_errors import SamePerson, WitnessNeeded
from deployments.pharmacy.stock_schemas import RegisterQuery
from tests.factories import appointments as people
from tests.factories.stock import StockWorld

REQUEST = TypeAdapter(StockDocumentRequest)


@pytest.fixture
def world(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.fixture
def morphine(world):
    return world.medication(schedule="narcotic")


async def register(world, drug, by=None):
    query = RegisterQuery(location_id=world.dispensary, medication_id=drug.id, limit=100)
    return (await world.service.register.list_page(by or world.maker, query)).items


async def picked(world, drug, quantity=5, patient=None):
    made = await world.prepare(world.prescribe(drug, patient=patient), quantity)
    return await world.service.preparing.pick(world.maker, made.id)


async def test_nothing_leaves_without_a_second_signature(world, morphine):
    await world.receive(morphine, quantity=20)
    ready = await picked(world, morphine)
    assert ready.controlled
    complete, witness = world.service.completion.complete, world.service.preparing.witness
    with pytest.raises(WitnessNeeded):
        await complete(world.maker, ready.id)
    with pytest.raises(SamePerson):
        await witness(world.maker, ready.id)
    with pytest.raises(Forbidden):
        await witness(people.principal(Role.DOCTOR), ready.id)
    await witness(world.checker, ready.id)
    with pytest.raises(SamePerson):
        await complete(world.checker, ready.id)
    await witness(world.nurse, ready.id)
    done = await complete(world.maker, ready.id)
    assert done.witness_id == world.nurse.user_id
    with pytest.raises(MoveNotAllowed):
        await witness(world.nurse, ready.id)
    received, handed_over = await register(world, morphine)
    assert (received.number, received.kind, received.balance_after) == (1, "receipt", 20)
    assert (handed_over.number, handed_over.balance_before, handed_over.balance_after) == (
        2,
        20,
        15,
    )
    people_named = (handed_over.actor_id, handed_over.witness_id, handed_over.patient_id)
    assert people_named == (world.maker.user_id, world.nurse.user_id, world.patient.user_id)


async def test_the_register_has_no_gaps_when_many_hand_over_at_once(world, morphine):
    await world.receive(morphine, lot="A", quantity=30)
    await world.receive(morphine, lot="B", quantity=30)
    ready = [await picked(world, morphine, 7, people.patient()) for _ in range(10)]
    for one in ready:
        await world.service.preparing.witness(world.nurse, one.id)
    results = await asyncio.gather(
        *(world.service.completion.complete(world.maker, one.id) for one in ready),
        return_exceptions=True,
    )
    won = sum(not isinstance(one, Exception) for one in results)
    lines = await register(world, morphine)
    assert [one.number for one in lines] == list(range(1, len(lines) + 1))
    for before, after in pairwise(lines):
        assert after.balance_before == before.balance_after
    assert lines[-1].balance_after == 60 - 7 * won
    held = world.rows("SELECT sum(quantity) FROM stock_balances")[0][0]
    assert held == lines[-1].balance_after


async def test_disposal_needs_a_witness_who_did_not_make_it(world, morphine):
    batch = await world.receive(morphine, quantity=20)
    body = {"kind": "disposal", "location_id": world.dispensary, "reason": "damaged"}
    lines = [{"batch_id": batch, "quantity": 2}]
    documents = world.service.documents
    made = await documents.make(world.maker, REQUEST.validate_python(body | {"lines": lines}))
    await documents.submit(world.maker, made.id)
    with pytest.raises(WitnessNeeded):
        await documents.approve(world.checker, made.id)
    with pytest.raises(SamePerson):
        await documents.witness(world.maker, made.id)
    await documents.witness(world.nurse, made.id)
    await documents.approve(world.checker, made.id)
    last = (await register(world, morphine))[-1]
    assert (last.kind, last.change, last.balance_after) == ("disposal", Decimal(-2), 18)
    assert last.witness_id == world.nurse.user_id


async def test_the_register_is_read_by_few_and_changed_by_nobody(world, morphine):
    await world.receive(morphine, quantity=20)
    with pytest.raises(Forbidden):
        await register(world, morphine, world.nurse)
    for change in (
        "UPDATE controlled_register SET number = 9",
        "DELETE FROM controlled_register",
    ):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            world.database.engine.begin() as connection,
        ):
            connection.execute(text(change))


async def test_reading_the_register_leaves_a_trace(world, morphine):
    await world.receive(morphine)
    await register(world, morphine)
    assert world.rows("SELECT actor_id FROM audit_log WHERE action = 'pharmacy.list_register'") == [
        (world.maker.user_id,)
    ]


async def approved(world, request, witness=None, decider=None):
    documents = world.service.documents
    made = await documents.make(world.maker, REQUEST.validate_python(request))
    await documents.submit(world.maker, made.id)
    if witness:
        await documents.witness(witness, made.id)
    return await documents.approve(decider or world.checker, made.id)


async def test_a_count_makes_nothing_controlled_vanish_unseen(world, morphine):
    batch = await world.receive(morphine, quantity=20)
    lines = [{"batch_id": batch, "quantity": 5}]
    count = {"kind": "count", "location_id": world.dispensary, "lines": lines}
    with pytest.raises(WitnessNeeded):
        await approved(world, count)
    done = await approved(world, count, witness=world.nurse)
    assert done.witness_id == world.nurse.user_id
    assert (await register(world, morphine))[-1].witness_id == world.nurse.user_id


async def test_who_witnesses_does_not_decide(world, morphine):
    batch = await world.receive(morphine, quantity=20)
    lines = [{"batch_id": batch, "quantity": 5}]
    disposal = {"kind": "disposal", "location_id": world.dispensary, "reason": "damaged"}
    with pytest.raises(SamePerson):
        await approved(world, disposal | {"lines": lines}, witness=world.checker)


@pytest.fixture
async def handed_over(world, morphine):
    await world.receive(morphine, quantity=20)
    made = await picked(world, morphine)
    await world.service.preparing.witness(world.nurse, made.id)
    return await world.service.completion.complete(world.maker, made.id)


def seen(done, quantity):
    line = {"dispensing_item_id": done.items[0].id, "quantity": quantity}
    return WitnessedReturn(lines=[line])


async def test_what_comes_back_is_seen_by_two_who_say_the_same(world, morphine, handed_over):
    one, returns = handed_over.id, world.service.returns
    request = ReturnRequest(lines=seen(handed_over, 2).lines, code="not-needed")
    with pytest.raises(WitnessNeeded):
        await returns.give_back(world.maker, one, request)
    await returns.witness(world.nurse, one, seen(handed_over, 3))
    with pytest.raises(WitnessNeeded):
        await returns.give_back(world.maker, one, request)
    await returns.witness(world.maker, one, seen(handed_over, 2))
    with pytest.raises(SamePerson):
        await returns.give_back(world.maker, one, request)
    signed = await returns.witness(world.nurse, one, seen(handed_over, 2))
    assert signed.return_witness_id == world.nurse.user_id
    back = await returns.give_back(world.maker, one, request)
    assert back.return_witness_id is None
    last = (await register(world, morphine))[-1]
    named = (last.kind, last.change, last.actor_id, last.witness_id)
    assert named == ("return", 2, world.maker.user_id, world.nurse.user_id)
    with pytest.raises(WitnessNeeded):
        await returns.give_back(world.maker, one, request)


async def test_who_handed_over_does_not_alone_cancel(world, morphine, handed_over):
    one, returns = handed_over.id, world.service.returns
    with pytest.raises(WitnessNeeded):
        await returns.cancel(world.maker, one, "wrong patient")
    await returns.witness(world.nurse, one, seen(handed_over, 5))
    await returns.cancel(world.maker, one, "wrong patient")
    last = (await register(world, morphine))[-1]
    assert (last.kind, last.balance_after, last.witness_id) == ("cancel", 20, world.nurse.user_id)


async def test_no_return_is_witnessed_by_its_patient_or_before_the_hand_over(world, morphine):
    await world.receive(morphine, quantity=20)
    made = await picked(world, morphine, patient=world.nurse)
    returns = world.service.returns
    with pytest.raises(MoveNotAllowed):
        await returns.witness(world.checker, made.id, seen(made, 5))
    await world.service.preparing.witness(world.checker, made.id)
    await world.service.completion.complete(world.maker, made.id)
    with pytest.raises(SamePerson):
        await returns.witness(world.nurse, made.id, seen(made, 5))


async def test_nobody_hands_medicines_to_themselves(world):
    drug = world.medication()
    await world.receive(drug)
    with pytest.raises(SamePerson):
        await world.prepare(world.prescribe(drug, patient=world.maker))
    with pytest.raises(SamePerson):
        await world.prepare(world.prescribe(drug, practitioner_id=world.maker.user_id))


async def test_nobody_witnesses_what_they_get(world, morphine):
    await world.receive(morphine, quantity=20)
    ready = await picked(world, morphine, patient=world.nurse)
    with pytest.raises(SamePerson):
        await world.service.preparing.witness(world.nurse, ready.id)
