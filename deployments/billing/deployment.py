"""The billing application: routes, the handle, and the loops of one replica."""

from starlette.types import ASGIApp

from deployments.billing.claim_settings import ClaimSettings
from deployments.billing.estimating import Coverages
from deployments.billing.insurance_service import InsuranceService
from deployments.billing.payer_exchange import HttpPayerExchange, PayerExchange
from deployments.billing.payment_provider import HttpPaymentProvider, PaymentProvider
from deployments.billing.payment_settings import PaymentSettings
from deployments.billing.payments_service import PaymentsService
from deployments.billing.routes import routers
from deployments.billing.service import BillingService
from deployments.events import Envelope
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.runtime import Runtime


class BillingDeployment:
    """One replica of billing; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        provider: charges cards; the one of the settings when left out.
        exchange: the way to the payers; the one of the settings when left out.

    Raises:
        ValueError: production with a development key of the provider or the payers.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        provider: PaymentProvider | None = None,
        exchange: PayerExchange | None = None,
    ) -> None:
        self.runtime = runtime or Runtime.of_service("billing")
        self.service = BillingService(
            self.runtime.database, self.runtime.journal, insurance=Coverages()
        )
        settings = PaymentSettings().checked(self.runtime.settings)
        self.payments = PaymentsService(
            self.service.desk, provider or _provider(settings, self.runtime), settings
        )
        claims = ClaimSettings().checked(self.runtime.settings)
        self.insurance = InsuranceService(
            self.service.desk, exchange or _exchange(claims, self.runtime), claims
        )

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            routers,
            runtime=self.runtime,
            services={
                "service": self.service,
                "payments": self.payments,
                "insurance": self.insurance,
            },
            start=self._start,
        )

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Takes events from another service's relay; for each None, or what went wrong."""
        return await self.service.listener.hear(envelopes)

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    def _start(self) -> None:
        self.runtime.background.start("overdue", self.service.overdue.run)
        self.runtime.background.start("payment-janitor", self.payments.resolving.run)
        self.runtime.background.start("payer-work", self.insurance.work.run)


def _provider(settings: PaymentSettings, runtime: Runtime) -> HttpPaymentProvider:
    provider = HttpPaymentProvider(
        settings.url(runtime.settings),
        settings.provider_key.get_secret_value(),
        settings.timeout_s,
    )
    runtime.close_at_end(provider.close)
    return provider


def _exchange(settings: ClaimSettings, runtime: Runtime) -> HttpPayerExchange:
    exchange = HttpPayerExchange(
        settings.url(runtime.settings), settings.payers_key.get_secret_value(), settings.timeout_s
    )
    runtime.close_at_end(exchange.close)
    return exchange
