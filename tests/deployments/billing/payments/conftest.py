"""Billing and the simulated card company on real PostgreSQL, speaking over loopback HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from deployments.access import Principal, Role
from deployments.billing.deployment import BillingDeployment
from deployments.billing.payment_schemas import Payment, PaymentRequest
from deployments.billing.payments_service import PaymentsService
from deployments.metrics import Metrics
from deployments.runtime import Runtime
from deployments.settings import DEVELOPMENT_SECRET
from deployments.simulators.deployment import SimulatorsDeployment
from deployments.simulators.settings import SimulatorsSettings
from storage.database import Database
from tests.deployments.gateway.conftest import Keys
from tests.factories.appointments import principal
from tests.factories.billing import issued_invoice
from tests.factories.loopback import listening_socket, served, url_of

PREFIX = "/api/v1/billing"
TIMEOUT_S = 2.5


@dataclass
class World:
    """A billing service and its provider, both up, and the people.

    Attributes:
        billing: client of the service.
        company: client of the simulated card company.
        red: names of safeguards that are taken away.
    """

    service: PaymentsService
    database: Database
    simulators: Database
    billing: httpx.AsyncClient
    company: httpx.AsyncClient
    keys: Keys
    patient: Principal = field(default_factory=lambda: principal(Role.PATIENT))
    cashier: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))
    officer: Principal = field(default_factory=lambda: principal(Role.BILLING_OFFICER))

    def invoice(self, owed: int = 20_000, **values: Any) -> UUID:
        """An issued invoice of the patient, who owes so much of it."""
        with self.database.engine.begin() as connection:
            whose = {"patient_id": self.patient.user_id}
            return issued_invoice(connection, patient_share=owed, payer_share=0, **whose | values)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.database.engine.begin() as connection:
            return list(connection.execute(text(statement), values).all())

    def at_company(self, statement: str) -> list[Any]:
        with self.simulators.engine.begin() as connection:
            return list(connection.execute(text(statement)).all())

    def headers(self, caller: Principal, key: str | None = None) -> dict[str, str]:
        token = self.keys.token(*caller.roles, sub=str(caller.user_id))
        sent = {} if key is None else {"Idempotency-Key": key}
        return {"Authorization": f"Bearer {token}", **sent}

    async def by_card(
        self, invoice_id: UUID, amount: int = 20_000, card: str = "tok_approved"
    ) -> Payment:
        """Pays as the patient, directly."""
        means = {"method": "card", "card_token": card}
        body = {"invoice_id": invoice_id, "amount": amount, "means": means}
        return await self.service.paying.pay(self.patient, PaymentRequest.model_validate(body))

    async def at_desk(self, invoice_id: UUID, amount: int, **means: Any) -> Payment:
        """Pays as the cashier, directly."""
        body = {"invoice_id": invoice_id, "amount": amount, "means": means}
        return await self.service.paying.pay(self.cashier, PaymentRequest.model_validate(body))

    async def post(
        self, path: str, body: dict[str, Any] | None, caller: Principal, key: str | None = None
    ) -> httpx.Response:
        key = key or uuid4().hex
        return await self.billing.post(path, json=body, headers=self.headers(caller, key))

    async def until(self, payment_id: UUID, status: str) -> Payment:
        """Waits until a payment has the status."""
        async with asyncio.timeout(10):
            while True:
                found = await self.service.reading.get(self.officer, payment_id)
                if found.status == status:
                    return found
                await asyncio.sleep(0.02)

    def accounts(self) -> dict[str, int]:
        """By account, debits minus credits of everything."""
        return {
            row.account: int(row.total)
            for row in self.rows("SELECT account, sum(amount) total FROM ledger_lines GROUP BY 1")
            if row.total
        }


@pytest.fixture
def company_settings() -> dict[str, Any]:
    """What the simulated company is to do by chance; overridden by tests."""
    return {}


@pytest.fixture
async def world(
    billing_database, simulators_database, redis_client, settings, company_settings, monkeypatch
) -> AsyncIterator[World]:
    for name, value in (("TIMEOUT_S", TIMEOUT_S), ("ASK_AGAIN_S", 0.05), ("POLL_S", 0.05)):
        monkeypatch.setenv(f"MEDRAY_BILLING_PAYMENT_{name}", str(value))
    async with AsyncExitStack() as stack:
        listener, keys = listening_socket(), Keys()
        hooks = f"{url_of(listener)}{PREFIX}/webhooks/card-payments"
        theirs = SimulatorsSettings(
            late_s=0.5, silence_s=3.0, card_payments_webhook_url=hooks, **company_settings
        )
        company = SimulatorsDeployment(simulators_database, settings, theirs)
        url = await stack.enter_async_context(served(company.__serve_build_asgi_app__()))
        monkeypatch.setenv("MEDRAY_BILLING_PAYMENT_PROVIDER_URL", f"{url}/card-payments")
        limits = ("rate_limit_per_minute", "anonymous_rate_limit_per_minute")
        runtime = Runtime(
            "billing",
            database=billing_database,
            listeners={},
            settings=settings.model_copy(update=dict.fromkeys(limits, 10**6)),
            redis_client=redis_client,
            keys=keys,
            metrics=Metrics(),
        )
        deployment = BillingDeployment(runtime)
        application = below(PREFIX, deployment.__serve_build_asgi_app__())
        billing_url = await stack.enter_async_context(served(application, listener))
        yield World(
            deployment.payments,
            billing_database,
            simulators_database,
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=f"{billing_url}{PREFIX}", timeout=30)
            ),
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"{url}/card-payments",
                    headers={"Authorization": f"Bearer {DEVELOPMENT_SECRET}"},
                )
            ),
            keys,
        )


def below(prefix: str, application: Any) -> Any:
    """Mounts an application below its prefix, as Serve does."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            scope = scope | {"root_path": prefix}
        await application(scope, receive, send)

    return mounted
