"""1,000 payments clicked twice, a provider that hangs for 10 %, 10 SIGKILLs: one charge each.

Half of what hangs was charged and half was not. `make chaos` runs it; `PAYMENTS` and `SEED` change
it; `--red no-keys` sends each click with a key of its own.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from sqlalchemy import text

from tests.chaos.test_kills import _belongs
from tests.cluster.conftest import UNLIMITED
from tests.cluster.people import Person, person
from tests.cluster.stack import Hospital
from tests.cluster.test_booking_race import engine_of
from tests.factories.billing import issued_invoice

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SEED = int(os.environ.get("SEED", "1"))
PAYMENTS = int(os.environ.get("PAYMENTS", "1000"))
KILLS = 10
PATIENTS = 8
AT_ONCE = 24
TRIES = 400
SETTLED_S = 180
AMOUNT = 10_000
BILLING = "/api/v1/billing"
PROVIDER = {
    "MEDRAY_BILLING_PAYMENT_TIMEOUT_S": "2",
    "MEDRAY_SIMULATORS_SILENCE_S": "4",
    "MEDRAY_SIMULATORS_SEED": str(SEED),
    "MEDRAY_SIMULATORS_CARD_PAYMENTS_LOST": "0.05",
    "MEDRAY_SIMULATORS_CARD_PAYMENTS_SILENT": "0.05",
    "MEDRAY_SIMULATORS_CARD_PAYMENTS_DECLINED": "0.02",
}


@dataclass
class History:
    """What the clients believe.

    Attributes:
        answered: by key, the ids that were answered under it.
        first: statuses of first tries; 0 is a broken connection.
        said: statuses of payments as first answered.
    """

    answered: dict[str, set[str]] = field(default_factory=dict)
    first: Counter[int] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def shaken(folder: Path) -> Iterator[Hospital]:
    stack = Hospital(folder / "payments", {"billing": 2}, UNLIMITED | PROVIDER).start()
    yield stack
    assert stack.stop() == 0


def replicas_of(hospital: Hospital) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        title = " ".join(process.info["cmdline"] or [])
        if title.startswith("ray::ServeReplica:billing:Billing"):
            found.append(process)
    return [process for process in found if _belongs(process, hospital)]


async def kill_some(
    hospital: Hospital, chance: random.Random, history: History, kills: list[int]
) -> None:
    """One kill each time that another share of the payments is done, and a moment has passed."""
    while len(kills) < KILLS:
        await asyncio.sleep(1)  # the pace of the kills, not a wait for something
        victims = sorted(replicas_of(hospital), key=lambda process: process.pid)
        due = len(history.answered) * (KILLS + 1) // PAYMENTS
        if victims and due > len(kills):
            victim = chance.choice(victims)
            kills.append(victim.pid)
            victim.send_signal(signal.SIGKILL)


def lay_out(hospital: Hospital, people: list[str]) -> list[tuple[int, UUID]]:
    """An invoice for each payment, with room for being charged twice: who pays, and what."""
    with engine_of(hospital, "billing").begin() as connection:
        return [
            (
                number % len(people),
                issued_invoice(
                    connection,
                    patient_id=UUID(people[number % len(people)]),
                    patient_share=5 * AMOUNT,
                    payer_share=0,
                ),
            )
            for number in range(PAYMENTS)
        ]


async def pay(patient: Person, invoice_id: UUID, key: str, history: History) -> None:
    """Clicks until there is an answer."""
    means = {"method": "card", "card_token": "tok_approved"}
    body = {"invoice_id": str(invoice_id), "amount": AMOUNT, "means": means}
    for attempt in range(TRIES):
        status, answer = await click(patient, body, key)
        if attempt == 0:
            history.first[status] += 1
        if status == 201:
            history.answered.setdefault(key, set()).add(answer["id"])
            history.said[answer["status"]] += 1
            return
        assert status in {0, 401, 409, 429, 500, 502, 503, 504}, (status, answer)
        await asyncio.sleep(0.2)
    raise AssertionError("a payment never got through")


async def click(patient: Person, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
    try:
        answer = await patient.http.post(
            f"{BILLING}/payments", json=body, headers={"Idempotency-Key": key}
        )
        return answer.status_code, answer.json()
    except (httpx.HTTPError, ValueError):
        return 0, {}


async def settled(hospital: Hospital) -> float:
    """Waits until no payment is open and the provider has told everything; how long it took."""
    began = time.monotonic()
    asked = {
        "billing": "SELECT count(*) FROM payments"
        " WHERE status NOT IN ('succeeded', 'failed', 'voided', 'charged-back')",
        "simulators": "SELECT count(*) FROM webhooks WHERE status = 'waiting'",
    }
    async with asyncio.timeout(SETTLED_S):
        while any(rows(hospital, name, query)[0][0] for name, query in asked.items()):
            await asyncio.sleep(0.5)
    return time.monotonic() - began


def rows(hospital: Hospital, service: str, query: str) -> list[Any]:
    with engine_of(hospital, service).connect() as connection:
        return list(connection.execute(text(query)).all())


async def test_one_charge_for_each_key(shaken: Hospital, red: Callable[[str], bool]) -> None:
    chance, history, kills = random.Random(SEED), History(), list[int]()
    print(f"seed {SEED}")
    async with AsyncExitStack() as stack:
        patients = [await stack.enter_async_context(person(shaken.url)) for _ in range(PATIENTS)]
        for patient in patients:
            await patient.register()
        orders = lay_out(shaken, [patient.user_id for patient in patients])
        at_once = asyncio.Semaphore(AT_ONCE)

        async def pay_twice(who: int, invoice_id: UUID) -> None:
            keys = [uuid4().hex, uuid4().hex] if red("no-keys") else [uuid4().hex] * 2
            async with at_once:
                await asyncio.gather(
                    *(pay(patients[who], invoice_id, key, history) for key in keys)
                )

        began = time.monotonic()
        killing = asyncio.create_task(kill_some(shaken, chance, history, kills))
        await asyncio.gather(*(pay_twice(*order) for order in orders), killing)
        took = time.monotonic() - began
    waited = await settled(shaken)
    print(
        f"{PAYMENTS} payments clicked twice in {took:.0f} s, {len(kills)} kills;"
        f" first answers {dict(history.first)}; said {dict(history.said)};"
        f" the last was known {waited:.1f} s later"
    )
    check(shaken, history)


def check(hospital: Hospital, history: History) -> None:
    """The databases of both sides against each other and against what was answered."""
    ours = {row.id: row for row in rows(
        hospital, "billing", "SELECT id::text, status, captured, invoice_id FROM payments"
    )}  # fmt: skip
    theirs = {row.reference: row for row in rows(
        hospital, "simulators", "SELECT reference, status, amount FROM card_charges"
    )}  # fmt: skip
    print(f"payments {dict(Counter(row.status for row in ours.values()))}")
    assert {len(ids) for ids in history.answered.values()} == {1}, "one payment for each key"
    answered = set().union(*history.answered.values())
    assert (len(answered - set(ours)), len(set(ours) - answered)) == (0, 0)
    per_invoice = Counter(row.invoice_id for row in ours.values())
    assert set(per_invoice.values()) == {1}, "one payment for each click and its repetitions"
    assert set(theirs) == set(ours), "each was charged or declined once"
    words = {"succeeded": "succeeded", "declined": "failed"}
    wrong = [it for it in theirs.values() if words[it.status] != ours[it.reference].status]
    assert wrong == []
    taken = sum(it.amount for it in theirs.values() if it.status == "succeeded")
    assert sum(row.captured for row in ours.values()) == taken
    accounts = dict(
        rows(
            hospital, "billing", "SELECT account, sum(amount)::bigint FROM ledger_lines GROUP BY 1"
        )
    )
    assert accounts == {"provider_clearing": taken, "receivable_patient": -taken}
    (settled_sum,) = rows(hospital, "billing", "SELECT sum(patient_settled) FROM invoices")[0]
    assert settled_sum == taken
