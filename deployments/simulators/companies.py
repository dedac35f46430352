"""The one list of the companies that are played."""

from functools import partial

from deployments.settings import Settings
from deployments.simulators import card_payments, messages, payers
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
        Company(payers.NAME, payers.routes, theirs.payers_key),
        *(_messages(name, settings, theirs) for name in (messages.NAME, messages.BACKUP)),
    )


def _messages(name: str, settings: Settings, theirs: SimulatorsSettings) -> Company:
    told = theirs.messages_webhook_url or f"{settings.public_url}/api/v1/notifications/webhooks"
    return Company(
        name,
        partial(messages.routes, name),
        theirs.messages_key,
        theirs.messages_webhook_secret,
        f"{told}/{name}",
    )
