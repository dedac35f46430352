"""Whatever happens in whatever order, with faults around COMMIT, the books agree.

Debits are credits, an invoice is its lines and its entries in the ledger, nothing is credited or
settled beyond what there was, and no source is charged twice. `--red credit-cap` takes the cap on
credited quantities away: then it is red.
"""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from deployments.billing import credit_amounts
from deployments.billing.accounts import Account
from deployments.billing.credit_rules import Credit
from deployments.billing.credit_schemas import CreditNoteRequest
from deployments.billing.settling import settle
from deployments.errors import DomainError
from deployments.events import Envelope
from storage import database as databases
from storage.billing import ledger
from storage.billing.ledger import Line
from storage.database import CommitUnknown, ConstraintViolated, DatabaseUnavailable
from tests.deployments.billing.conftest import Hospital

STEPS = 500
FAULTS = 0.1
SEEDS = (1, 2)

BOOKS = {
    "an entry is not balanced": (
        "SELECT entry_id FROM ledger_lines GROUP BY 1 HAVING sum(amount) <> 0"
    ),
    "an invoice is not its lines": (
        "SELECT i.id FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id"
        " WHERE i.status <> 'draft' GROUP BY i.id HAVING i.total <> sum(l.total)"
    ),
    "what is owed is not what the ledger says": (
        "SELECT i.id FROM invoices i LEFT JOIN ledger_lines l ON l.invoice_id = i.id"
        " AND l.account = 'receivable_patient' WHERE i.status <> 'draft' GROUP BY i.id"
        " HAVING i.patient_share - i.patient_settled <> coalesce(sum(l.amount), 0)"
    ),
    "more was credited than billed": (
        "SELECT l.id FROM invoice_lines l JOIN credit_note_lines c ON c.invoice_line_id = l.id"
        " JOIN credit_notes n ON n.id = c.credit_note_id AND n.status = 'issued' GROUP BY l.id"
        " HAVING sum(c.total) > l.total OR sum(CASE WHEN n.kind <> 'allowance' THEN c.quantity"
        " ELSE 0 END) > l.quantity"
    ),
    "what is done is not what is billed": (
        "SELECT s.id FROM charge_sources s WHERE greatest(s.done - s.undone, 0) <>"
        " coalesce((SELECT sum(c.quantity) FROM charge_items c WHERE c.source_id = s.id"
        "  AND c.status IN ('billable', 'billed')), 0)"
        " - coalesce((SELECT sum(k.quantity) FROM credit_note_lines k"
        "  JOIN credit_notes n ON n.id = k.credit_note_id JOIN invoice_lines l"
        "  ON l.id = k.invoice_line_id JOIN charge_items c ON c.id = l.charge_item_id"
        "  WHERE c.source_id = s.id AND (n.kind = 'correction' AND n.status = 'issued'"
        "  OR n.kind = 'reversal' AND n.status <> 'rejected')), 0)"
    ),
}


class Books:
    """One hospital's books, and what may happen to them."""

    def __init__(self, hospital: Hospital, chance: random.Random) -> None:
        self.hospital, self.chance = hospital, chance
        self.told: list[Any] = []
        self.done: dict[str, int] = {}

    async def rows(self, statement: str) -> list[Any]:
        database = self.hospital.service.desk.database
        return list(await database.read(lambda c: c.execute(text(statement)).all()))

    async def pick(self, statement: str) -> Any:
        found = await self.rows(statement)
        return self.chance.choice(found) if found else None

    async def hear(self, event: Any) -> None:
        """As the relay does: until it took effect, and sometimes once more."""
        while await self.hospital.service.listener.hear([Envelope.of(event)]) != [None]:
            pass

    async def dispense(self) -> None:
        event = self.hospital.drugs(self.chance.randint(1, 30))
        late = self.hospital.returned(event, self.chance.randint(1, 5))
        news = [event, late] if self.chance.random() < 0.5 else [late, event]
        self.told += news
        for one in news[: self.chance.randint(1, 2)]:
            await self.hear(one)

    async def tell_again(self) -> None:
        if self.told:
            await self.hear(self.chance.choice(self.told))

    async def issue(self) -> None:
        draft = await self.pick("SELECT id FROM invoices WHERE status = 'draft'")
        if draft:
            await self.hospital.service.issuing.issue(self.hospital.officer, draft.id)

    async def ask_for_credit(self) -> None:
        line = await self.pick("SELECT id, invoice_id, quantity, total FROM invoice_lines")
        if line is None:
            return
        kind = self.chance.choice(("correction", "allowance"))
        wanted = {"invoice_line_id": line.id}
        if kind == "correction":
            wanted["quantity"] = Decimal(self.chance.randint(1, int(line.quantity)))
        else:
            wanted["amount"] = self.chance.randint(1, max(line.total, 1))
        body = {"kind": kind, "reason": "other", "lines": [wanted]}
        await self.hospital.service.crediting.request(
            self.hospital.officer, line.invoice_id, CreditNoteRequest.model_validate(body)
        )

    async def decide(self) -> None:
        note = await self.pick("SELECT id FROM credit_notes WHERE status = 'draft'")
        if note:
            await self.hospital.service.crediting.issue(self.hospital.admin, note.id)

    async def pay(self) -> None:
        """Money that settles an invoice, as a cashier takes it."""
        open_ = "SELECT id, patient_id, patient_share - patient_settled AS owed FROM invoices"
        invoice = await self.pick(f"{open_} WHERE status = 'issued'")
        if invoice is None:
            return
        amount, source = self.chance.randint(1, invoice.owed), uuid4()
        lines = [
            Line(Account.CASH.value, amount),
            Line(Account.RECEIVABLE_PATIENT.value, -amount, invoice.patient_id, invoice.id),
        ]
        desk, actor_id = self.hospital.service.desk, self.hospital.officer.user_id

        def work(connection: Any) -> None:
            now = desk.clock()
            settle(connection, invoice.id, party="patient", amount=amount, at=now)
            ledger.post(
                connection, kind="payment", source_kind="Payment", source_id=source,
                currency="VND", lines=lines, at=now, actor_id=actor_id,
            )  # fmt: skip

        await desk.database.transact(work)

    async def step(self) -> None:
        moves: list[Callable[[], Any]] = [
            self.dispense, self.dispense, self.tell_again, self.issue, self.issue,
            self.ask_for_credit, self.decide, self.pay,
        ]  # fmt: skip
        move = self.chance.choice(moves)
        name, fault = move.__name__, ""
        try:
            await move()
        except (DomainError, ConstraintViolated) as error:
            fault = f" {type(error).__name__}"
        except (CommitUnknown, DatabaseUnavailable):
            fault = " lost"
        self.done[name + fault] = self.done.get(name + fault, 0) + 1

    async def check(self) -> None:
        for wrong, statement in BOOKS.items():
            assert await self.rows(statement) == [], (wrong, self.done)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_books_agree_whatever_happens(hospital, monkeypatch, red, seed) -> None:
    chance = random.Random(seed)
    real = databases._commit

    def faulty(connection: Any) -> None:
        """Every tenth COMMIT is lost: half of them before, half after it took effect."""
        lot = chance.random()
        if lot < FAULTS / 2:
            connection.rollback()
            raise CommitUnknown("lost before COMMIT")
        real(connection)
        if lot < FAULTS:
            raise CommitUnknown("lost after COMMIT")

    if red("credit-cap"):

        def uncapped(line: Any, *, quantity: Any = None, amount: Any = None) -> Credit:
            share = amount or int(line["total"] * (quantity or 0) / line["quantity"])
            return Credit(share, 0)

        monkeypatch.setattr(credit_amounts, "find_credit", uncapped)
    monkeypatch.setattr(databases, "_commit", faulty)
    books = Books(hospital, chance)
    for at in range(STEPS // len(SEEDS)):
        await books.step()
        if at % 25 == 0:
            await books.check()
    for event in books.told:
        await books.hear(event)
    await books.check()
    reached = {name for name in books.done if " " not in name}
    assert reached == {"dispense", "tell_again", "issue", "ask_for_credit", "decide", "pay"}
