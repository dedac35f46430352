"""Billing's figures: `python -m benchmarks.billing`.

10,000 invoices issued by 8 clients in process on a real, durable PostgreSQL: how many a second, and
that their legal numbers are consecutive, none missing, none double.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from rich.console import Console
from sqlalchemy import text

from benchmarks.growth import on_postgres
from deployments.access import Principal, Role
from deployments.billing.charge_schemas import ChargeRequest
from deployments.billing.numbering import Series, legal_number
from deployments.billing.service import BillingService
from deployments.journal import Journal
from storage import migrate
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres
from tests.factories.appointments import principal

INVOICES: Final = 10_000
CLIENTS: Final = 8
DRAFTS: Final = text("SELECT id FROM invoices WHERE status = 'draft'")
NUMBERS: Final = text("SELECT number FROM invoices ORDER BY number")


async def draft(service: BillingService, officer: Principal) -> list[UUID]:
    """Makes the drafts, each of a patient of their own."""
    now = datetime.now(UTC)

    async def client() -> None:
        for _ in range(INVOICES // CLIENTS):
            body = {
                "patient_id": uuid4(),
                "area": "procedure",
                "kind": "service",
                "code": "procedure-ecg",
                "performed_at": now,
            }
            await service.charges.add(officer, ChargeRequest.model_validate(body))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    rows = await service.desk.database.read(lambda c: c.execute(DRAFTS).scalars().all())
    return list(rows)


async def issue(postgres: EmbeddedPostgres, console: Console) -> None:
    """Issues them all, and looks at their numbers."""
    postgres.create_database("billing_figures")
    migrate.upgrade("billing", postgres.url("billing_figures"))
    database = Database(postgres.url("billing_figures"), threads=CLIENTS)
    service = BillingService(database, Journal(database))
    await service.prices.load_demo(Principal.for_service("benchmark"))
    officer = principal(Role.BILLING_OFFICER)
    with console.status(f"{INVOICES:,} drafts"):
        waiting = await draft(service, officer)
    began = time.perf_counter()

    async def client() -> None:
        while waiting:
            await service.issuing.issue(officer, waiting.pop())

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    spent = time.perf_counter() - began
    given = await database.read(lambda c: c.execute(NUMBERS).scalars().all())
    year = service.desk.day_of(datetime.now(UTC)).year
    wanted = [legal_number(Series.INVOICE, year, at) for at in range(1, INVOICES + 1)]
    verdict = "consecutive" if list(given) == wanted else "NOT CONSECUTIVE"
    console.print(
        f"invoices issued by {CLIENTS} clients: {INVOICES / spent:.0f}/s,"
        f" {len(set(given)):,} numbers, {verdict}"
    )
    await database.close()


def main() -> None:
    """Prints everything."""
    on_postgres(issue)


if __name__ == "__main__":
    main()
