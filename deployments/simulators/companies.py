"""The one list of the companies that are played."""

from deployments.settings import Settings
from deployments.simulators import card_payments
from deployments.simulators.desk import Company
from deployments.simulators.settings import SimulatorsSettings


def companies(settings: Settings, theirs: SimulatorsSettings) -> tuple[Company, ...]:
    """All of them; a further one is one more entry."""
    return (
        Company(
            card_payments.NAME,
            card_payments.routes,
            theirs.card_payments_key,
            theirs.card_payments_webhook_secret,
            theirs.card_payments_webhook_url
            or f"{settings.public_url}/api/v1/billing/webhooks/card-payments",
        ),
    )
