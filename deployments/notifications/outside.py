"""Everything of a replica that leads out of the house, made from its settings."""

from functools import partial
from typing import Final

from pydantic import SecretStr

from deployments.notifications.codes import Channel
from deployments.notifications.couriers import EmailCourier, Links, PushCourier, SmsCourier
from deployments.notifications.email import transport_of
from deployments.notifications.hooking import WebhookCourier
from deployments.notifications.letters import Courier
from deployments.notifications.posting import Poster
from deployments.notifications.providers import HttpProvider, Providers
from deployments.notifications.reaching import Means
from deployments.notifications.settings import NotificationSettings, ProviderSettings
from deployments.notifications.signing import endpoint_secret
from deployments.settings import DEVELOPMENT_SECRET, Settings
from storage.database import Database

PLAYED: Final = ("messages", "messages-backup")


class Outside:
    """Couriers, and what they can reach.

    Args:
        settings: of the process.
        ours: of the service.

    Attributes:
        secret_of: the signing secret of an endpoint, by its id and the version of the secret.
    """

    def __init__(self, settings: Settings, ours: NotificationSettings) -> None:
        self._settings = settings
        self.ours = ours if settings.environment != "development" else _with_played(settings, ours)
        self._known = Poster(ours.provider_timeout_s, public_only=False)
        self._strangers = Poster(
            ours.provider_timeout_s, public_only=not ours.webhooks_to_private_addresses
        )
        self.secret_of = partial(endpoint_secret, settings.secret_key.get_secret_value())

    @property
    def means(self) -> Means:
        """What people can be reached by."""
        phones = [it for it in (Channel.SMS, Channel.PUSH) if self.ours.providers(it)]
        always = (Channel.IN_APP, Channel.EMAIL, Channel.WEBHOOK)
        return Means(frozenset({*always, *phones}), self.ours.region)

    def couriers(self, database: Database, links: Links) -> dict[Channel, Courier]:
        """By channel, who carries."""
        home = self._settings.public_url
        couriers: dict[Channel, Courier] = {
            Channel.EMAIL: EmailCourier(
                links, transport_of(self._settings), sender=self._settings.email_from, home=home
            ),
            Channel.WEBHOOK: WebhookCourier(self._strangers.post, self.secret_of),
        }
        if self.ours.sms_providers:
            couriers[Channel.SMS] = SmsCourier(self._providers(Channel.SMS), home=home)
        if self.ours.push_providers:
            couriers[Channel.PUSH] = PushCourier(self._providers(Channel.PUSH), database)
        return couriers

    def _providers(self, channel: Channel) -> Providers:
        return Providers(
            [
                HttpProvider(name, it.url, it.key.get_secret_value(), self._known.post)
                for name, it in self.ours.providers(channel).items()
            ]
        )


def _with_played(settings: Settings, ours: NotificationSettings) -> NotificationSettings:
    """In development the simulated companies stand in for providers that are not set."""
    secret = SecretStr(DEVELOPMENT_SECRET)
    played = {
        name: ProviderSettings(
            url=f"{settings.public_url}/simulators/{name}", key=secret, webhook_secret=secret
        )
        for name in PLAYED
    }
    return ours.model_copy(
        update={
            "sms_providers": ours.sms_providers or played,
            "push_providers": ours.push_providers or played,
        }
    )
