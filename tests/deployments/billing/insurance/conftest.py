"""Billing on real PostgreSQL, and the simulated payers behind their own HTTP routes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deployments.access import Principal, Role
from deployments.billing.claim_schemas import Claim, ClaimRequest
from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.desk import Desk
from deployments.billing.insurance_schemas import PlanRequest, ProviderRequest
from deployments.billing.insurance_service import InsuranceService
from deployments.billing.payer_exchange import HttpPayerExchange
from deployments.billing.plans import PRIVATE, PRIVATE_PAYER, SOCIAL, SOCIAL_PAYER
from deployments.billing.settings import BillingSettings
from deployments.journal import Journal
from deployments.settings import DEVELOPMENT_SECRET
from deployments.simulators.deployment import SimulatorsDeployment
from deployments.simulators.settings import SimulatorsSettings
from storage.billing.jobs import PAYER_WORK
from tests.factories.insurance import BILLED, TEST, VISIT, check_books, insurance_of, issue
from tests.factories.medical_records import principal

EVERY_STEP = 20


@dataclass
class House:
    """The billing desk, its patients, and the payers."""

    database: Any
    service: InsuranceService
    clock: Any
    officer: Principal
    manager: Principal
    plans: dict[str, UUID]

    async def insure(self, payer: str, member_id: str, patient_id: UUID | None = None, **fields):
        request = insurance_of(self.plans[payer], patient_id or uuid4(), member_id, **fields)
        return await self.service.covering.add_coverage(self.officer, request)

    async def bill(self, patient_id: UUID, *billed: BILLED) -> UUID:
        lines, now = billed or (VISIT, TEST), self.clock()
        return await self.database.transact(lambda c: issue(c, patient_id, lines, now), keyed=False)

    async def claim(self, coverage, *billed: BILLED, submit: bool = True, **fields) -> Claim:
        invoice_id = await self.bill(coverage.patient_id, *billed)
        return await self.claim_invoice(coverage, invoice_id, submit=submit, **fields)

    async def claim_invoice(self, coverage, invoice_id, *, submit=True, **fields) -> Claim:
        request = {"invoice_id": invoice_id, "coverage_id": coverage.id, "diagnoses": ["I10"]}
        claim = await self.service.making.create(
            self.officer, ClaimRequest(**{**request, **fields})
        )
        return await self.service.claiming.submit(self.officer, claim.id) if submit else claim

    async def get(self, claim) -> Claim:
        return await self.service.reading.get(self.officer, claim.id)

    async def work(self, *, check: bool = True) -> None:
        """Works the queue off until nothing is left, however late it is due; books are checked."""
        for _ in range(EVERY_STEP):
            while await self.service.work.work_once():
                if check:
                    self.check()
            backlog = await self.database.read(lambda c: PAYER_WORK.backlog(c, self.later()))
            if not backlog.waiting:
                return
            self.clock.time = self.later()

    def later(self):
        return self.clock() + ClaimSettings().again * 2

    def check(self) -> None:
        with self.database.engine.connect() as connection:
            check_books(connection)


@pytest.fixture
async def exchange(simulators_database, settings, clock) -> AsyncIterator[HttpPayerExchange]:
    theirs = SimulatorsSettings(late_s=1.0, silence_s=0.01)
    simulators = SimulatorsDeployment(simulators_database, settings, theirs)
    simulators._desk = type(simulators._desk)(simulators_database, theirs, clock)
    transport = httpx.ASGITransport(simulators.__serve_build_asgi_app__())
    found = HttpPayerExchange(
        "http://payers.test/payers", DEVELOPMENT_SECRET, 5.0, transport=transport
    )
    yield found
    await found.close()


@pytest.fixture
async def house(billing_database, exchange, clock) -> House:
    desk = Desk(billing_database, Journal(billing_database), clock, BillingSettings())
    service = InsuranceService(desk, exchange, ClaimSettings())
    manager = principal(Role.ADMINISTRATOR)
    plans = {}
    for code, kind, benefits in (
        (SOCIAL_PAYER, "public", SOCIAL), (PRIVATE_PAYER, "private", PRIVATE),
    ):  # fmt: skip
        named = {"name_en": f"Payer {code}", "name_vi": f"Đơn vị {code}"}
        payer = await service.insuring.add_provider(
            manager, ProviderRequest(code=code, kind=kind, **named)
        )
        plan = await service.insuring.add_plan(
            manager, payer.id, PlanRequest(code="MAIN", currency="VND", benefits=benefits, **named)
        )
        plans[code] = plan.id
    return House(billing_database, service, clock, principal(Role.BILLING_OFFICER), manager, plans)
