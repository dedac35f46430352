"""Sixteen clients and fewer boxes: exactly as many leave as there are.

`--red stock-guard` takes the guard of the decrement and the CHECK constraints away: then it is red.
"""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text, true

from deployments.pharmacy.errors import MoveNotAllowed
from deployments.pharmacy.stock_errors import NotDispensable, OutOfStock, TooMuchDispensed
from storage import migrate
from storage.database import Database
from storage.pharmacy import stock
from tests.factories import appointments as people
from tests.factories.stock import LATER, SOON, StockWorld

CLIENTS = 16
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
