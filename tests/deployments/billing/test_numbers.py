"""Legal numbers under load: consecutive, none missing, none double, whatever fails in between.

`--red number-counter` takes numbers from what was issued before instead of the locked counter:
then clients take the same number, and it is red. The full count (10,000 issued by 8 clients) is in
`benchmarks/billing.py`.
"""

import asyncio
import random

from sqlalchemy import text

from deployments.billing.charge_schemas import ChargeRequest
from deployments.billing.numbering import Series, legal_number
from deployments.billing.service import BillingService
from storage.billing import numbers
from storage.database import ConstraintViolated
from tests.factories.appointments import patient

INVOICES = 160
CLIENTS = 8
FAILING = 0.15
COUNTED = text("SELECT count(*) + 1 FROM invoices WHERE number IS NOT NULL")


async def drafted(hospital, count: int) -> list:
    """So many drafts, each of a patient of their own."""
    for _ in range(count):
        body = {"patient_id": patient().user_id, "area": "procedure", "kind": "service",
                "code": "procedure-ecg", "performed_at": hospital.now}  # fmt: skip
        await hospital.service.charges.add(hospital.officer, ChargeRequest.model_validate(body))
    database = hospital.service.desk.database
    drafts = text("SELECT id FROM invoices WHERE status = 'draft'")
    return list(await database.read(lambda c: c.execute(drafts).scalars().all()))


async def test_eight_clients_leave_no_gap_and_no_double(hospital, red, monkeypatch, rows) -> None:
    chance = random.Random(20261127)
    if red("number-counter"):
        monkeypatch.setattr(numbers, "take", lambda c, *_: c.execute(COUNTED).scalar_one())
    service: BillingService = hospital.service
    waiting = await drafted(hospital, INVOICES)
    real = numbers.take

    def failing_after(connection, series, year):
        taken = real(connection, series, year)
        if chance.random() < FAILING:
            raise TimeoutError("lost after the number was taken")
        return taken

    monkeypatch.setattr(numbers, "take", failing_after)
    refused: list[str] = []

    async def client() -> None:
        while waiting:
            draft = waiting.pop()
            try:
                await service.issuing.issue(hospital.officer, draft)
            except TimeoutError:
                waiting.append(draft)
            except ConstraintViolated as error:
                refused.append(error.constraint)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    given = [row.number for row in rows("SELECT number FROM invoices ORDER BY number")]
    assert refused == []
    assert given == [legal_number(Series.INVOICE, 2026, at) for at in range(1, INVOICES + 1)]
