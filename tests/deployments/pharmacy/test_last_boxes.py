"""Sixteen clients and fewer boxes: exactly as many leave as there are.

`--red stock-guard` takes the guard of the decrement and the CHECK constraints away: then it is red.
"""

import asyncio
from uuid import uuid4

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text, true

from deployments.pharmacy.document_schemas import StockDocumentRequest
from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.stock_errors import (
    NotDispensable,
    OutOfStock,
    StockMoved,
    TooMuchDispensed,
)
from deployments.pharmacy.stock_schemas import ImportedStockReceipt, StockLocationRequest
from storage import migrate
from storage.database import Database
from storage.pharmacy import stock
from tests.factories import appointments as people
from tests.factories.stock import IMPORTER, LATER, SOON, StockWorld

CLIENTS = 16
REQUEST = TypeAdapter(StockDocumentRequest)
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
async def world(postgres, red, monkeypatch, clock):
    """A database of its own, wide enough for sixteen at once, that may lose its guard."""
    name = f"boxes_{uuid4().hex}"
    postgres.create_database(name)
    migrate.upgrade("pharmacy", postgres.url(name))
    database = Database(postgres.url(name), threads=CLIENTS, application="test-boxes")
    if red("stock-guard"):
        monkeypatch.setattr(stock, "TAKE", stock.taking(true()))
        with database.engine.begin() as connection:
            for table in ("stock_balances", "stock_ledger"):
                connection.execute(
                    text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_not_negative")
                )
    yield StockWorld(database, clock)
    await database.close()


async def picked(world, drug, quantity, patient=None, ordered=None):
    ordered = ordered or world.prescribe(drug, patient=patient)
    made = await world.prepare(ordered, quantity)
    await world.service.preparing.pick(world.maker, made.id)
    return made


async def race(world, dispensings):
    return await asyncio.gather(
        *(world.service.completion.complete(world.maker, one.id) for one in dispensings),
        return_exceptions=True,
    )


def lost(results, *refusals):
    failed = [one for one in results if isinstance(one, Exception)]
    assert [one for one in failed if not isinstance(one, refusals)] == []
    return len(failed)


@pytest.mark.parametrize("boxes", [1, 5, 15])
async def test_the_last_boxes_go_to_exactly_as_many(world, boxes):
    drug = world.medication()
    batch = await world.receive(drug, quantity=boxes)
    ready = [await picked(world, drug, 1, people.patient()) for _ in range(CLIENTS)]
    results = await race(world, ready)
    assert lost(results, OutOfStock) == CLIENTS - boxes
    assert world.balance(world.dispensary, batch) == 0
    assert world.rows("SELECT count(*) FROM stock_ledger WHERE kind = 'dispense'") == [(boxes,)]
    assert world.rows(DEADLOCKS) == [(0,)]


async def test_over_two_batches_nobody_waits_in_a_circle(world):
    drug, other = world.medication(), world.medication()
    batches = [
        await world.receive(one, lot=lot, quantity=20, expires_on=day)
        for one in (drug, other)
        for lot, day in (("soon", SOON), ("late", LATER))
    ]
    ready = [await picked(world, one, 30) for _ in range(8) for one in (drug, other)]
    results = await race(world, ready)
    assert lost(results, OutOfStock) == CLIENTS - 2
    left = [world.balance(world.dispensary, batch) for batch in batches]
    assert left == [0, 10, 0, 10]
    assert world.rows(DEADLOCKS) == [(0,)]


async def test_one_prescription_is_not_filled_twice(world):
    drug = world.medication()
    batch = await world.receive(drug, quantity=1000)
    ordered = world.prescribe(drug)
    ready = [await picked(world, drug, 30, ordered=ordered) for _ in range(CLIENTS)]
    results = await race(world, ready)
    assert lost(results, NotDispensable, TooMuchDispensed) == CLIENTS - 1
    assert world.balance(world.dispensary, batch) == 970


async def test_one_dispensing_is_handed_over_once(world):
    drug = world.medication()
    batch = await world.receive(drug, quantity=100)
    one = await picked(world, drug, 30)
    results = await race(world, [one] * CLIENTS)
    assert lost(results, MoveNotAllowed, NotDispensable) == CLIENTS - 1
    assert world.balance(world.dispensary, batch) == 70


async def test_counts_in_opposite_order_wait_for_each_other_and_not_in_a_circle(world):
    drug = world.medication()
    batches = [await world.receive(drug, lot=str(number)) for number in range(8)]
    documents = world.service.documents

    async def count(order) -> None:
        lines = [{"batch_id": batch, "quantity": 100} for batch in order]
        request = {"kind": "count", "location_id": world.dispensary, "lines": lines}
        made = await documents.make(world.maker, REQUEST.validate_python(request))
        await documents.submit(world.maker, made.id)
        await documents.approve(world.checker, made.id)

    orders = [batches, batches[::-1]] * (CLIENTS // 2)
    outcomes = await asyncio.gather(*map(count, orders), return_exceptions=True)
    assert all(it is None or isinstance(it, StockMoved) for it in outcomes), outcomes
    assert None in outcomes


async def test_the_same_receipt_imported_at_once_is_taken_in_once(world):
    drug = world.medication()
    line = {"medication_code": drug.code, "lot": "A", "quantity": 5, "expires_on": SOON}
    place = StockLocationRequest(code="annex", name="Annex", kind="store")
    receipt = ImportedStockReceipt(
        identifier={"system": "urn:test", "value": "1"}, location=place, lines=[line]
    )
    receipts = await asyncio.gather(
        *(world.service.imports.import_receipt(IMPORTER, receipt) for _ in range(6))
    )
    assert sorted(it.outcome for it in receipts) == ["created"] + ["unchanged"] * 5
    assert len({it.id for it in receipts}) == 1
