"""Balance = sum of the ledger, never below zero, whatever is done in whatever order.

`--red stock-guard` takes the guard of the decrement and the CHECK constraints away: then it is red.
"""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pydantic import TypeAdapter
from sqlalchemy import text, true

from deployments.pharmacy.dispensing_schemas import ReturnLine, ReturnRequest
from deployments.pharmacy.document_schemas import StockDocumentRequest
from deployments.pharmacy.stock_errors import OutOfStock
from storage import migrate
from storage.database import Database
from storage.pharmacy import stock
from tests.conftest import FixedClock
from tests.factories.stock import TODAY, StockWorld

REQUEST = TypeAdapter(StockDocumentRequest)
QUANTITY = st.integers(1, 30)
LOT = st.integers(0, 2)
BROKEN = (
    "SELECT b.location_id, b.batch_id FROM stock_balances b LEFT JOIN LATERAL ("
    " SELECT coalesce(sum(change), 0) AS total, count(*) AS lines, coalesce(max(sequence), 0)"
    " AS last, coalesce(min(balance_after), 0) AS lowest,"
    " coalesce((array_agg(balance_after ORDER BY sequence DESC))[1], 0) AS latest"
    " FROM stock_ledger l WHERE l.location_id = b.location_id AND l.batch_id = b.batch_id"
    ") l ON true JOIN stock_batches t ON t.id = b.batch_id WHERE t.medication_id = :drug"
    " AND (b.quantity <> l.total OR b.quantity < 0 OR l.lowest < 0"
    " OR b.sequence <> l.lines OR b.sequence <> l.last OR b.quantity <> l.latest)"
)


@pytest.fixture
async def database(postgres, red, monkeypatch):
    """A database of its own, that may lose its guard."""
    name = f"ledger_{uuid4().hex}"
    postgres.create_database(name)
    migrate.upgrade("pharmacy", postgres.url(name))
    opened = Database(postgres.url(name), threads=2, application="test-ledger")
    if red("stock-guard"):
        monkeypatch.setattr(stock, "TAKE", stock.taking(true()))
        with opened.engine.begin() as connection:
            for table in ("stock_balances", "stock_ledger"):
                connection.execute(
                    text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_not_negative")
                )
    yield opened
    opened.engine.dispose()


class Ledger(RuleBasedStateMachine):
    """One medication in three lots at two places, and a patient who may have it all."""

    database: Database
    world: StockWorld

    @initialize()
    def begin(self):
        self.runner = asyncio.Runner()
        self.drug = self.world.medication()
        self.ordered = self.world.prescribe(self.drug, item={"quantity": 100_000})
        self.batches = {}
        self.dispensed = []
        self.expected = defaultdict(Decimal)
        for lot in range(3):
            self.receive(lot, 5, "dispensary")

    def teardown(self):
        if hasattr(self, "runner"):
            self.runner.close()

    def place(self, name):
        return {"store": self.world.store, "dispensary": self.world.dispensary}[name]

    @rule(lot=LOT, quantity=QUANTITY, place=st.sampled_from(["store", "dispensary"]))
    def receive(self, lot, quantity, place):
        expires = TODAY + timedelta(days=100 + lot)
        coroutine = self.world.receive(self.drug, f"lot-{lot}", quantity, expires, place)
        self.batches[lot] = self.runner.run(coroutine)
        self.expected[self.place(place), self.batches[lot]] += quantity

    @rule(quantity=QUANTITY)
    def dispense(self, quantity):
        try:
            done = self.runner.run(self.world.dispense(self.ordered, quantity))
        except OutOfStock:
            assert self.held("dispensary") < quantity
            return
        self.dispensed.append(done)
        for item in done.items:
            self.expected[self.world.dispensary, item.batch_id] -= item.quantity

    @rule(spoiled=st.booleans(), data=st.data())
    def give_back(self, spoiled, data):
        if not self.dispensed:
            return
        number = data.draw(st.integers(0, len(self.dispensed) - 1))
        done = self.dispensed[number]
        items = [item for item in done.items if item.returned < item.quantity]
        if not items:
            return
        item = data.draw(st.sampled_from(items))
        quantity = data.draw(st.integers(1, int(item.quantity - item.returned)))
        line = ReturnLine(dispensing_item_id=item.id, quantity=Decimal(quantity))
        request = ReturnRequest(lines=[line], code="not-needed", spoiled=spoiled)
        returns = self.world.service.returns
        self.dispensed[number] = self.runner.run(
            returns.give_back(self.world.maker, done.id, request)
        )
        place = self.world.quarantine if spoiled else self.world.dispensary
        self.expected[place, item.batch_id] += quantity

    @rule(data=st.data())
    def cancel(self, data):
        if not self.dispensed:
            return
        done = self.dispensed.pop(data.draw(st.integers(0, len(self.dispensed) - 1)))
        self.runner.run(self.world.service.returns.cancel(self.world.maker, done.id, "error"))
        for item in done.items:
            self.expected[self.world.dispensary, item.batch_id] += item.quantity - item.returned

    @rule(lot=LOT, quantity=QUANTITY, arrives=st.booleans(), there=st.booleans())
    def transfer(self, lot, quantity, arrives, there):
        names = ("store", "dispensary") if there else ("dispensary", "store")
        source, target = map(self.place, names)
        batch = self.batches[lot]
        body = {"kind": "transfer", "location_id": source, "destination_id": target}
        line = {"batch_id": batch, "quantity": quantity}
        try:
            made = self.runner.run(self.decided(**body, lines=[line]))
        except OutOfStock:
            assert self.expected[source, batch] < quantity
            return
        documents = self.world.service.documents
        if arrives:
            self.runner.run(documents.receive(self.world.maker, made.id))
        else:
            self.runner.run(documents.give_back(self.world.maker, made.id, "no"))
        self.expected[source, batch] -= quantity
        self.expected[target if arrives else source, batch] += quantity

    @rule(lot=LOT, counted=st.integers(0, 40))
    def count(self, lot, counted):
        body = {"kind": "count", "location_id": self.world.dispensary}
        line = {"batch_id": self.batches[lot], "quantity": counted}
        self.runner.run(self.decided(**body, lines=[line]))
        self.expected[self.world.dispensary, self.batches[lot]] = Decimal(counted)

    @rule(lot=LOT, change=st.integers(-30, 30).filter(bool))
    def adjust(self, lot, change):
        place, batch = self.world.dispensary, self.batches[lot]
        body = {"kind": "adjustment", "location_id": place, "reason": "entry-error"}
        try:
            self.runner.run(self.decided(**body, lines=[{"batch_id": batch, "change": change}]))
        except OutOfStock:
            assert self.expected[place, batch] + change < 0
            return
        self.expected[place, batch] += change

    @invariant()
    def balance_is_the_sum_of_the_ledger(self):
        assert self.world.rows(BROKEN, drug=self.drug.id) == []
        for (place, batch), quantity in self.expected.items():
            assert quantity == self.world.balance(place, batch) >= 0

    def held(self, place):
        return sum(self.expected[self.place(place), batch] for batch in self.batches.values())

    async def decided(self, **body):
        documents = self.world.service.documents
        made = await documents.make(self.world.maker, REQUEST.validate_python(body))
        await documents.submit(self.world.maker, made.id)
        return await documents.approve(self.world.checker, made.id)


def test_receive_dispense_return_transfer_count_in_any_order(database):
    clock = FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    world = StockWorld(database, clock)
    machine = type("BoundLedger", (Ledger,), {"database": database, "world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
