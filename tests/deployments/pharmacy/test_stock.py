"""Stock documents: one makes, another decides; expired stock leaves by disposal only."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from deployments.access import Role
from deployments.errors import Forbidden
from deployments.pharmacy import stock_moves, stock_upkeep
from deployments.pharmacy.document_schemas import DocumentQuery, StockDocumentRequest
from deployments.pharmacy.errors import ChangedMeanwhile, MoveNotAllowed
from deployments.pharmacy.events import StockExpiring, StockLow
from deployments.pharmacy.stock_errors import (
    BatchNotUsable,
    LotMismatch,
    OutOfStock,
    QuantityNotPossible,
    SamePerson,
    StockMoved,
    TooMuchStock,
)
from deployments.pharmacy.stock_schemas import (
    BatchReason,
    ImportedStockReceipt,
    LedgerQuery,
    ReorderPointRequest,
    StockLocationRequest,
    StockQuery,
)
from tests.factories.appointments import principal
from tests.factories.stock import IMPORTER, LATER, SOON, TODAY, StockWorld

REQUEST = TypeAdapter(StockDocumentRequest)


@pytest.fixture
def world(pharmacy_database, clock):
    return StockWorld(pharmacy_database, clock)


@pytest.fixture
def published(monkeypatch):
    found = []
    for module in (stock_moves, stock_upkeep):
        monkeypatch.setattr(module, "publish", lambda _connection, *events: found.extend(events))
    return found


async def make(world, by=None, **body):
    return await world.service.documents.make(by or world.maker, REQUEST.validate_python(body))


async def decided(world, **body):
    """Makes, submits and approves."""
    made = await make(world, **body)
    await world.service.documents.submit(world.maker, made.id)
    return await world.service.documents.approve(world.checker, made.id)


def line(batch, quantity):
    return {"batch_id": batch, "quantity": quantity}


async def test_a_receipt_of_packs_lies_there_after_another_person_approved(world):
    drug = world.medication(pack_size=Decimal(28))
    received = {"medication_id": drug.id, "lot": "L1", "expires_on": SOON, "packs": 3}
    made = await make(world, kind="receipt", destination_id=world.store, lines=[received])
    assert (made.status, made.lines[0].quantity) == ("new", 84)
    batch = made.lines[0].batch_id
    with pytest.raises(MoveNotAllowed):
        await world.service.documents.approve(world.checker, made.id)
    await world.service.documents.submit(world.maker, made.id, 1)
    with pytest.raises(ChangedMeanwhile):
        await world.service.documents.approve(world.checker, made.id, 1)
    with pytest.raises(SamePerson):
        await world.service.documents.approve(world.maker, made.id)
    assert world.balance(world.store, batch) == 0
    done = await world.service.documents.approve(world.checker, made.id, 2)
    assert (done.status, done.decided_by) == ("completed", world.checker.user_id)
    assert world.balance(world.store, batch) == 84
    levels = await world.service.stock.list_levels(world.nurse, StockQuery())
    assert [(one.batch_id, one.quantity) for one in levels.items] == [(batch, 84)]
    audited = world.rows("SELECT action FROM audit_log WHERE object_id = :id", id=made.id)
    assert [one for (one,) in audited] == [
        f"pharmacy.{word}_stock_document" for word in ("make", "submit", "approve")
    ]


async def test_the_database_too_keeps_maker_and_checker_apart(world):
    drug = world.medication()
    received = {"medication_id": drug.id, "lot": "L1", "expires_on": SOON, "quantity": 5}
    made = await make(world, kind="receipt", destination_id=world.store, lines=[received])
    with pytest.raises(IntegrityError, match="maker_is_not_checker"):
        world.rows(
            "UPDATE stock_documents SET decided_by = made_by WHERE id = :id RETURNING 1",
            id=made.id,
        )


async def test_a_transfer_is_on_its_way_until_it_is_received(world):
    batch = await world.receive(world.medication(), quantity=50, place="store")
    moved = await decided(
        world,
        kind="transfer",
        location_id=world.store,
        destination_id=world.dispensary,
        lines=[line(batch, 20)],
    )
    assert moved.status == "dispatched"
    assert (world.balance(world.store, batch), world.balance(world.dispensary, batch)) == (30, 0)
    with pytest.raises(SamePerson):
        await world.service.documents.receive(world.checker, moved.id)
    arrived = await world.service.documents.receive(world.maker, moved.id)
    assert (arrived.status, arrived.received_by) == ("completed", world.maker.user_id)
    assert world.balance(world.dispensary, batch) == 20
    with pytest.raises(MoveNotAllowed):
        await world.service.documents.give_back(world.maker, moved.id, "late")


async def test_a_transfer_that_turns_round_lies_where_it_came_from(world):
    batch = await world.receive(world.medication(), quantity=50, place="store")
    places = {"location_id": world.store, "destination_id": world.dispensary}
    moved = await decided(world, kind="transfer", **places, lines=[line(batch, 20)])
    back = await world.service.documents.give_back(world.maker, moved.id, "no room")
    assert (back.status, world.balance(world.store, batch)) == ("returned", 50)
    with pytest.raises(OutOfStock):
        await decided(world, kind="transfer", **places, lines=[line(batch, 51)])
    assert world.balance(world.store, batch) == 50


async def test_expired_stock_leaves_by_disposal_only(world, clock):
    drug = world.medication()
    batch = await world.receive(drug, quantity=10, expires_on=TODAY, place="store")
    places = {"location_id": world.store, "destination_id": world.dispensary}
    lines = [line(batch, 1)]
    with pytest.raises(BatchNotUsable):
        await make(world, kind="disposal", location_id=world.store, reason="expired", lines=lines)
    clock.advance(timedelta(days=1))
    with pytest.raises(BatchNotUsable):
        await decided(world, kind="transfer", **places, lines=[line(batch, 1)])
    adjusted = [{"batch_id": batch, "change": -1}]
    with pytest.raises(BatchNotUsable):
        await decided(
            world, kind="adjustment", location_id=world.store, reason="loss", lines=adjusted
        )
    done = await decided(
        world,
        kind="disposal",
        location_id=world.store,
        reason="expired",
        lines=[line(batch, 10)],
    )
    assert (done.status, world.balance(world.store, batch)) == ("completed", 0)
    received = {"medication_id": drug.id, "lot": "old", "expires_on": TODAY, "quantity": 1}
    with pytest.raises(BatchNotUsable):
        await make(world, kind="receipt", destination_id=world.store, lines=[received])


async def test_a_count_sets_the_difference_unless_stock_moved_meanwhile(world):
    drug = world.medication()
    batch = await world.receive(drug, quantity=10)
    count = {"kind": "count", "location_id": world.dispensary, "lines": [line(batch, 8)]}
    await decided(world, **count)
    assert world.balance(world.dispensary, batch) == 8
    made = await make(world, **count)
    await world.service.documents.submit(world.maker, made.id)
    await world.receive(drug, quantity=5)
    with pytest.raises(StockMoved):
        await world.service.documents.approve(world.checker, made.id)
    rejected = await world.service.documents.reject(world.checker, made.id, "count again")
    assert (rejected.status, world.balance(world.dispensary, batch)) == ("rejected", 13)


async def test_adjusting_rejecting_and_cancelling(world):
    batch = await world.receive(world.medication(), quantity=10)
    body = {"kind": "adjustment", "location_id": world.dispensary, "reason": "found"}
    await decided(world, **body, lines=[{"batch_id": batch, "change": 3}])
    assert world.balance(world.dispensary, batch) == 13
    for changes in ([0], [0.5], [1, 1]):
        lines = [{"batch_id": batch, "change": change} for change in changes]
        with pytest.raises(QuantityNotPossible):
            await make(world, **body, lines=lines)
    made = await make(world, **body, lines=[{"batch_id": batch, "change": 3}])
    assert (await world.service.documents.cancel(world.maker, made.id, "no")).status == "cancelled"
    page = await world.service.documents.list_page(world.nurse, DocumentQuery(limit=1))
    assert page.items[0].id == made.id
    rest = DocumentQuery(cursor=page.next_cursor)
    assert len((await world.service.documents.list_page(world.nurse, rest)).items) == 2
    with pytest.raises(Forbidden):
        await make(world, by=world.nurse, **body, lines=[{"batch_id": batch, "change": 3}])


async def test_the_ledger_tells_every_movement_and_refuses_change(world):
    drug = world.medication()
    batch = await world.receive(drug, quantity=10)
    await world.receive(drug, quantity=5)
    query = LedgerQuery(location_id=world.dispensary, batch_id=batch)
    lines = (await world.service.stock.list_ledger(world.nurse, query)).items
    told = [(one.sequence, one.change, one.balance_after) for one in lines]
    assert told == [(1, 10, 10), (2, 5, 15)]
    for statement in ("UPDATE stock_ledger SET change = 1", "DELETE FROM stock_ledger"):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            world.database.engine.begin() as connection,
        ):
            connection.execute(text(statement))


async def test_an_import_is_taken_in_once(world):
    drug = world.medication()
    line_of = {"medication_code": drug.code, "lot": "A", "expires_on": SOON, "quantity": 7}
    receipt = ImportedStockReceipt(
        identifier={"system": "demo", "value": "1"},
        location=StockLocationRequest(code="new-store", name="Kho mới", kind="store"),
        lines=[line_of],
    )
    first = await world.service.imports.import_receipt(IMPORTER, receipt)
    again = await world.service.imports.import_receipt(IMPORTER, receipt)
    assert (first.outcome, again.outcome, first.id) == ("created", "unchanged", again.id)
    assert world.rows("SELECT sum(quantity) FROM stock_balances") == [(7,)]
    with pytest.raises(LotMismatch):
        await world.receive(drug, lot="A", expires_on=LATER)
    with pytest.raises(Forbidden):
        await world.service.imports.import_receipt(world.maker, receipt)


async def test_low_stock_is_told_once_for_each_crossing(world, published):
    drug = world.medication()
    batch = await world.receive(drug, quantity=10)
    point = ReorderPointRequest(
        location_id=world.dispensary, medication_id=drug.id, minimum=Decimal(8)
    )
    await world.service.stock.set_reorder_point(world.maker, point)
    body = {"kind": "adjustment", "location_id": world.dispensary, "reason": "loss"}

    async def change(by):
        await decided(world, **body, lines=[{"batch_id": batch, "change": by}])
        return [one.quantity for one in published if isinstance(one, StockLow)]

    assert await change(-2) == []
    assert await change(-1) == [7]
    assert await change(-1) == [7]
    assert await change(4) == [7]
    assert await change(-3) == [7, 7]


async def test_what_expires_soon_is_told_once_for_each_threshold(world, clock, published):
    drug = world.medication()
    await world.receive(drug, lot="A", expires_on=TODAY + timedelta(days=20))
    await world.receive(drug, lot="B", expires_on=TODAY + timedelta(days=60))
    await world.receive(drug, lot="C", expires_on=LATER)

    async def told():
        await asyncio.gather(*(world.service.upkeep.tell_expiring() for _ in range(3)))
        mine = [one for one in published if isinstance(one, StockExpiring)]
        return sorted((one.lot, one.threshold_days) for one in mine)

    assert await told() == [("A", 30), ("B", 90)]
    assert await told() == [("A", 30), ("B", 90)]
    clock.advance(timedelta(days=31))
    assert await told() == [("A", 30), ("B", 30), ("B", 90)]


async def test_stock_that_expires_at_night_is_low_in_the_morning(world, clock, published):
    drug = world.medication()
    await world.receive(drug, quantity=10, expires_on=TODAY)
    point = ReorderPointRequest(
        location_id=world.dispensary, medication_id=drug.id, minimum=Decimal(1)
    )
    await world.service.stock.set_reorder_point(world.maker, point)
    await world.service.upkeep.check_levels()
    assert published == []
    clock.advance(timedelta(hours=15))  # 23:59 has passed in Ho Chi Minh City
    await world.service.upkeep.check_levels()
    await world.service.upkeep.check_levels()
    assert [one.quantity for one in published] == [0]


async def test_a_batch_is_kept_apart_and_released_by_another_role(world):
    batch = await world.receive(world.medication())
    why = BatchReason(reason="fridge failed")
    kept = await world.service.stock.quarantine(world.maker, batch, why, 1)
    assert (kept.status, kept.status_reason) == ("quarantined", "fridge failed")
    with pytest.raises(MoveNotAllowed):
        await world.service.stock.quarantine(world.maker, batch, why)
    with pytest.raises(ChangedMeanwhile):
        await world.service.stock.release(world.maker, batch, why, 1)
    assert (await world.service.stock.release(world.maker, batch, why, 2)).status == "available"
    with pytest.raises(Forbidden):
        await world.service.stock.release(principal(Role.NURSE), batch, why)


def receipt(*lines):
    return ImportedStockReceipt(
        identifier={"system": "test", "value": "1"},
        location=StockLocationRequest(code="store", name="Store", kind="store"),
        lines=lines,
    )


async def test_an_imported_lot_stands_on_one_line(world):
    drug = world.medication()
    one = {"medication_code": drug.code, "lot": "A", "quantity": 5, "expires_on": SOON}
    with pytest.raises(QuantityNotPossible) as refused:
        await world.service.imports.import_receipt(IMPORTER, receipt(one, one))
    assert [error.code for error in refused.value.errors] == ["twice"]
    assert world.rows("SELECT count(*) FROM stock_documents") == [(0,)]


@pytest.mark.parametrize("schedule", ["none", "narcotic"])
async def test_a_place_holds_less_than_a_billion(world, schedule):
    drug = world.medication(schedule=schedule)
    batch = await world.receive(drug, quantity=999_999_999, place="store")
    again = {"medication_id": drug.id, "lot": "B", "expires_on": SOON, "quantity": 1}
    if schedule == "none":
        again["lot"] = "A"
    with pytest.raises(TooMuchStock):
        await decided(world, kind="receipt", destination_id=world.store, lines=[again])
    assert world.balance(world.store, batch) == 999_999_999


async def test_packs_do_not_make_more_than_a_billion(world):
    drug = world.medication(pack_size=Decimal(1_000_000))
    received = {"medication_id": drug.id, "lot": "L1", "expires_on": SOON, "packs": 1000}
    with pytest.raises(QuantityNotPossible):
        await make(world, kind="receipt", destination_id=world.store, lines=[received])


def test_a_transfer_goes_to_another_place(world):
    body = {"kind": "transfer", "location_id": world.store, "destination_id": world.store}
    with pytest.raises(ValidationError):
        REQUEST.validate_python(body | {"lines": [line(uuid4(), 1)]})
