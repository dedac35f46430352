"""The operations on money that moves, by what they are about."""

from deployments.billing.cashiering import Cashiering
from deployments.billing.desk import Desk
from deployments.billing.paying import Paying
from deployments.billing.payment_desk import PaymentDesk
from deployments.billing.payment_provider import PaymentProvider
from deployments.billing.payment_reading import PaymentReading
from deployments.billing.payment_resolving import Resolving
from deployments.billing.payment_settings import PaymentSettings
from deployments.billing.provider_webhooks import ProviderWebhooks
from deployments.billing.refunding import Refunding


class PaymentsService:
    """Everything that can be done with payments.

    Args:
        desk: what the operations of billing work with.
        provider: charges cards.
        settings: of the provider.

    Attributes:
        paying: takes payments and deposits.
        refunding: gives money back.
        cashiering: drawers.
        reading: what may be seen.
        resolving: asks the provider again; has the janitor's loop.
        webhooks: hears the provider.
    """

    def __init__(self, desk: Desk, provider: PaymentProvider, settings: PaymentSettings) -> None:
        tools = PaymentDesk(desk, provider, settings)
        self.resolving = Resolving(tools)
        self.paying = Paying(tools, self.resolving)
        self.refunding = Refunding(tools, self.resolving)
        self.cashiering = Cashiering(tools)
        self.reading = PaymentReading(tools)
        self.webhooks = ProviderWebhooks(tools)
