"""Money in any order, with faults around COMMIT: nothing is lost, doubled, or out of balance.

Each run is a seeded walk of a patient, a cashier and an officer through payments, deposits,
refunds, credit notes, disputes, webhooks and the janitor, over the real edge, the real simulator
and the real database. Before a COMMIT the connection may be lost, after it the answer may be. At
the end the books of both sides are compared. `RUNS` and `SEED` change it; `--red keys` forgets
what was done under a key, so that a lost answer is done again.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection, text

from deployments.access import Principal, Role
from deployments.billing.deployment import BillingDeployment
from deployments.billing.payment_provider import HttpPaymentProvider
from deployments.billing.posting import invoice_entry
from deployments.clock import utc_now
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from deployments.settings import DEVELOPMENT_SECRET
from deployments.simulators.companies import companies
from deployments.simulators.deployment import SimulatorsDeployment
from deployments.simulators.desk import Desk
from deployments.simulators.settings import SimulatorsSettings
from deployments.simulators.webhooks import WebhookSender
from storage import database as storage_database
from storage import idempotency
from storage.billing import invoices, ledger
from storage.database import CommitUnknown, DatabaseUnavailable
from tests.deployments.gateway.conftest import Keys
from tests.factories.appointments import principal
from tests.factories.billing import NOW, issued_invoice

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(900)]

SEED = int(os.environ.get("SEED", "1"))
RUNS = int(os.environ.get("RUNS", "40"))
STEPS = 20
TRIES = 60
FAULTS = 0.08
PREFIX = "/api/v1/billing"
CARDS = ("tok_approved",) * 3 + (
    "tok_insufficient_funds",
    "tok_timeout_uncharged",
    "tok_pending",
    "tok_pending_declined",
    "tok_pending_reversed",
    "tok_webhook_twice",
    "tok_webhook_never",
)


class Faults:
    """Loses connections before COMMIT, and answers after it."""

    def __init__(self, commit: Any) -> None:
        self.chance = random.Random(0)
        self.rate = 0.0
        self.made: Counter[str] = Counter()
        self._commit = commit

    def commit(self, connection: Connection) -> None:
        drawn = self.chance.random()
        if drawn < self.rate:
            self.made["before"] += 1
            raise DatabaseUnavailable("injected before COMMIT")
        self._commit(connection)
        if drawn < 2 * self.rate:
            self.made["after"] += 1
            raise CommitUnknown("injected after COMMIT")


@pytest.fixture
def faults(monkeypatch) -> Faults:
    found = Faults(storage_database._commit)
    monkeypatch.setattr(storage_database, "_commit", found.commit)
    return found


@pytest.fixture
def _forgetful(red, monkeypatch) -> None:
    if red("keys"):
        monkeypatch.setattr(idempotency, "lock", lambda _connection, _key: None)
        monkeypatch.setattr(idempotency, "store", lambda _connection, _key, _answer: None)


@dataclass
class Books:
    """Both sides, without loops: the walk decides who acts when."""

    deployment: BillingDeployment
    billing: httpx.AsyncClient
    company: httpx.AsyncClient
    sender: WebhookSender
    keys: Keys
    ours: Any
    theirs: Any

    def rows(self, engine: Any, query: str, **values: Any) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(query), values).all())


@pytest.fixture
async def books(
    billing_database, simulators_database, redis_client, settings
) -> AsyncIterator[Books]:
    theirs = SimulatorsSettings(
        silence_s=0.001,
        late_s=0.001,
        card_payments_lost=0.1,
        seed=SEED,
        card_payments_webhook_url=f"{PREFIX}/webhooks/card-payments",
    )
    simulators = SimulatorsDeployment(simulators_database, settings, theirs)
    transport = httpx.ASGITransport(simulators.__serve_build_asgi_app__())
    keys = Keys()
    runtime = Runtime(
        "billing",
        database=billing_database,
        listeners={},
        settings=settings.model_copy(
            update=dict.fromkeys(
                ("rate_limit_per_minute", "anonymous_rate_limit_per_minute"), 10**7
            )
        ),
        redis_client=redis_client,
        keys=keys,
        metrics=Metrics(),
    )
    async with AsyncExitStack() as stack:
        client = {
            "transport": transport,
            "base_url": "http://company.test/card-payments",
            "headers": {"Authorization": f"Bearer {DEVELOPMENT_SECRET}"},
        }
        provider = HttpPaymentProvider("http://company.test", DEVELOPMENT_SECRET, 5)
        await provider.close()
        provider._client = await stack.enter_async_context(httpx.AsyncClient(**client))
        deployment = BillingDeployment(runtime, provider)
        application = deployment.__serve_build_asgi_app__()
        desk = Desk(simulators_database, theirs, utc_now)
        yield Books(
            deployment,
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(application, root_path=PREFIX),
                    base_url="http://medray.test",
                )
            ),
            await stack.enter_async_context(httpx.AsyncClient(**client)),
            WebhookSender(desk, companies(settings, theirs)[0]),
            keys,
            billing_database.engine,
            simulators_database.engine,
        )


@dataclass
class Walk:
    """One run: a patient of its own, and what is known of what they did."""

    books: Books
    chance: random.Random
    number: int
    patient: Principal = field(default_factory=lambda: principal(Role.PATIENT))
    cashier: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))
    officer: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))
    invoices: list[UUID] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    refunds: list[str] = field(default_factory=list)
    clicks: int = 0

    async def click(self, path: str, body: Any, caller: Principal) -> dict[str, Any] | None:
        """A POST with a key, sent until it is answered; None for a refusal."""
        self.clicks += 1
        headers = {
            "Authorization": f"Bearer {self._token(caller)}",
            "Idempotency-Key": f"walk-{self.number}-{self.clicks}",
        }
        for _ in range(TRIES):
            answer = await self.books.billing.post(f"{PREFIX}{path}", json=body, headers=headers)
            if answer.status_code < 300:
                done: dict[str, Any] = answer.json()
                return done
            if answer.status_code in {403, 404, 409, 422}:
                return None
            assert answer.status_code == 503, answer.text
        raise AssertionError("never answered")

    def _token(self, caller: Principal) -> str:
        return self.books.keys.token(*caller.roles, sub=str(caller.user_id))

    def amount(self) -> int:
        return self.chance.choice((1, 100, 333, 500, 1_000))

    async def issue(self) -> None:
        with self.books.ours.begin() as connection:
            invoice_id = issued_invoice(
                connection,
                patient_id=self.patient.user_id,
                patient_share=self.chance.choice((500, 1_000, 2_000)),
                payer_share=0,
            )
            lines = [dict(line) for line in invoices.lines(connection, invoice_id)]
            ledger.post(
                connection,
                kind="invoice",
                source_kind="Invoice",
                source_id=invoice_id,
                currency="VND",
                lines=invoice_entry(invoice_id, self.patient.user_id, None, lines),
                at=NOW,
                actor_id=self.officer.user_id,
            )
        self.invoices.append(invoice_id)

    async def credit(self) -> None:
        """Lets something off an invoice, paid or not."""
        invoice_id = self.chance.choice(self.invoices)
        with self.books.ours.connect() as connection:
            line = invoices.lines(connection, invoice_id)[0]
        lines = [{"invoice_line_id": str(line["id"]), "amount": self.amount()}]
        body = {"kind": "allowance", "reason": "goodwill", "lines": lines}
        asked = await self.click(f"/invoices/{invoice_id}/credit-notes", body, self.cashier)
        if asked:
            await self.click(f"/credit-notes/{asked['id']}/issue", None, self.officer)

    async def pay(self) -> None:
        means: dict[str, Any] = {"method": "card", "card_token": self.chance.choice(CARDS)}
        if self.chance.random() < 0.25:
            means = {"method": "deposit"}
        body = {"invoice_id": str(self.chance.choice(self.invoices)), "amount": self.amount()}
        done = await self.click("/payments", body | {"means": means}, self.patient)
        self.payments += [done["id"]] if done else []

    async def deposit(self) -> None:
        means: dict[str, Any] = {"method": "card", "card_token": self.chance.choice(CARDS)}
        if self.chance.random() < 0.5:
            reference = f"FT-{self.number}-{self.clicks}"
            means = {"method": "bank-transfer", "bank_reference": reference}
        body = {"patient_id": str(self.patient.user_id), "amount": self.amount()}
        more = {"currency": "VND", "means": means}
        done = await self.click("/deposits", body | more, self.cashier)
        self.payments += [done["id"]] if done else []

    async def ask_back(self) -> None:
        if self.payments:
            path = f"/payments/{self.chance.choice(self.payments)}/refunds"
            amount = self.chance.choice((1, 50, 333))
            body = {"amount": amount, "reason_code": "goodwill"}
            done = await self.click(path, body, self.cashier)
            self.refunds += [done["id"]] if done else []

    def refund(self) -> str:
        """Mostly the newest."""
        newest = self.chance.random() < 0.7
        return self.refunds[-1] if newest else self.chance.choice(self.refunds)

    async def decide(self) -> None:
        if self.refunds:
            path = f"/refunds/{self.refund()}"
            if self.chance.random() < 0.2:
                await self.click(f"{path}/reject", {"note": "no"}, self.officer)
            else:
                await self.click(f"{path}/approve", None, self.officer)

    async def give_back(self) -> None:
        if self.refunds:
            path = f"/refunds/{self.refund()}/complete"
            await self.click(path, None, self.cashier)

    async def dispute(self) -> None:
        if self.payments and self.chance.random() < 0.3:
            status = self.chance.choice(("voided", "charged-back"))
            path = f"/charges/{self.chance.choice(self.payments)}/disputes"
            await self.unshaken(self.books.company.post(path, json={"status": status}))

    async def hear(self) -> None:
        await self.unshaken(self.books.sender.send_due(self.books.billing))

    async def look(self) -> None:
        await self.unshaken(self.books.deployment.payments.resolving.look_once())

    @staticmethod
    async def unshaken(work: Any) -> None:
        """Loops and the company try again by themselves."""
        with suppress(DatabaseUnavailable, CommitUnknown):
            await work


async def settle(walk: Walk) -> None:
    """Lets janitor and webhooks finish."""
    books = walk.books
    for _ in range(TRIES):
        with books.ours.begin() as connection:
            connection.execute(text("UPDATE payments SET due_at = now() - interval '1 s'"))
            connection.execute(text("UPDATE refunds SET due_at = now() - interval '1 s'"))
        with books.theirs.begin() as connection:
            connection.execute(text("UPDATE webhooks SET due_at = now() - interval '1 s'"))
        looked = await books.deployment.payments.resolving.look_once()
        sent = await books.sender.send_due(books.billing)
        if not looked and not sent:
            return
    raise AssertionError("something stays open")


def check(walk: Walk) -> None:
    """The books of both sides agree."""
    whose = {"patient": walk.patient.user_id}

    def ours(query: str) -> list[Any]:
        return walk.books.rows(walk.books.ours, query, **whose)

    payments = ours("SELECT * FROM payments WHERE patient_id = :patient")
    assert all(it.refunded + it.reserved <= it.captured for it in payments)
    keys = Counter(it.id for it in payments)
    assert set(map(str, keys)) == set(walk.payments), "what was answered is what there is"
    on_invoices = {
        (row.invoice_id, row.account): row.total
        for row in ours(
            "SELECT invoice_id, account, sum(amount)::bigint total FROM ledger_lines"
            " WHERE party_id = :patient AND invoice_id IS NOT NULL GROUP BY 1, 2"
        )
    }
    for row in ours("SELECT * FROM invoices WHERE patient_id = :patient"):
        open_share = row.patient_share - row.patient_settled
        assert on_invoices.get((row.id, "receivable_patient"), 0) == open_share
        assert on_invoices.get((row.id, "refunds_payable"), 0) <= 0, "more given back than freed"
    advance = ours(
        "SELECT (SELECT coalesce(sum(balance), 0) FROM deposits WHERE patient_id = :patient)"
        " + (SELECT coalesce(sum(from_deposit), 0) FROM refunds WHERE patient_id = :patient"
        " AND status IN ('requested', 'approved', 'in-progress'))"
        " + (SELECT coalesce(sum(amount), 0) FROM ledger_lines"
        " WHERE account = 'deposits' AND party_id = :patient)"
    )
    assert advance[0][0] == 0, "deposits are what the ledger says"
    references = [str(it.id) for it in payments]
    kept = walk.books.rows(
        walk.books.theirs,
        "SELECT coalesce(sum(amount - refunded), 0)::bigint FROM card_charges"
        " WHERE status = 'succeeded' AND reference = ANY(:references)",
        references=references,
    )
    clearing = ours(
        "SELECT coalesce(sum(l.amount), 0)::bigint FROM ledger_lines l"
        " JOIN ledger_entries e ON e.id = l.entry_id WHERE l.account = 'provider_clearing'"
        " AND (e.source_id IN (SELECT id FROM payments WHERE patient_id = :patient)"
        " OR e.source_id IN (SELECT id FROM refunds WHERE patient_id = :patient))"
    )
    assert clearing == kept, "the provider has what we think it has"


@pytest.mark.usefixtures("_forgetful")
async def test_the_books_agree_whatever_happens(books: Books, faults: Faults) -> None:
    print(f"seed {SEED}, {RUNS} runs")
    done: Counter[str] = Counter()
    for number in range(RUNS):
        chance = random.Random(f"{SEED}:{number}")
        walk = Walk(books, chance, number)
        faults.chance, faults.rate = random.Random(f"faults {SEED}:{number}"), FAULTS
        await walk.issue()
        steps = (walk.issue, walk.pay, walk.pay, walk.pay, walk.deposit, walk.deposit,
                 walk.ask_back, walk.ask_back, walk.decide, walk.decide, walk.give_back,
                 walk.give_back, walk.credit, walk.dispute, walk.hear, walk.look)  # fmt: skip
        for _ in range(STEPS):
            step = chance.choice(steps)
            done[step.__name__] += 1
            await step()
        faults.rate = 0.0
        await settle(walk)
        try:
            check(walk)
        except AssertionError as error:
            raise AssertionError(f"SEED={SEED}, run {number}: {error}") from error
    total = books.rows(books.ours, "SELECT coalesce(sum(amount), 0) FROM ledger_lines")
    statuses = dict(books.rows(books.ours, "SELECT status, count(*) FROM payments GROUP BY 1"))
    refunds = dict(books.rows(books.ours, "SELECT status, count(*) FROM refunds GROUP BY 1"))
    print(f"steps {dict(done)}; faults {dict(faults.made)}; {statuses}; refunds {refunds}")
    assert total == [(0,)]
