"""Everything of a replica that leads out of the house, made from its settings."""

from functools import partial

from deployments.notifications.codes import Channel
from deployments.notifications.couriers import EmailCourier, Links, PushCourier, SmsCourier
from deployments.notifications.email import transport_of
from deployments.notifications.hooking import WebhookCourier
from deployments.notifications.letters import Courier
from deployments.notifications.posting import Poster
from deployments.notifications.providers import HttpProvider, Providers
from deployments.notifications.reaching import Means
from deployments.notifications.settings import NotificationSettings
from deployments.notifications.signing import endpoint_secret
from deployments.settings import Settings
from storage.database import Database


class Outside:
    """Couriers, and what they can reach.

    Args:
        settings: of the process.
        ours: of the service.
    """

    def __init__(self, settings: Settings, ours: NotificationSettings) -> None:
        self._settings = settings
        self._ours = ours
        self._known = Poster(ours.provider_timeout_s, public_only=False)
        self._strangers = Poster(
            ours.provider_timeout_s, public_only=not ours.webhooks_to_private_addresses
        )
        self.secret_of = partial(endpoint_secret, settings.secret_key.get_secret_value())

    @property
    def means(self) -> Means:
        """What people can be reached by."""
        phones = [it for it in (Channel.SMS, Channel.PUSH) if self._ours.providers(it)]
        always = (Channel.IN_APP, Channel.EMAIL, Channel.WEBHOOK)
        return Means(frozenset({*always, *phones}), self._ours.region)

    def couriers(self, database: Database, links: Links) -> dict[Channel, Courier]:
        """By channel, who carries."""
        home = self._settings.public_url
        couriers: dict[Channel, Courier] = {
            Channel.EMAIL: EmailCourier(
                links, transport_of(self._settings), sender=self._settings.email_from, home=home
            ),
            Channel.WEBHOOK: WebhookCourier(self._strangers.post, self.secret_of),
        }
        if self._ours.sms_providers:
            couriers[Channel.SMS] = SmsCourier(self._providers(Channel.SMS), home=home)
        if self._ours.push_providers:
            couriers[Channel.PUSH] = PushCourier(self._providers(Channel.PUSH), database)
        return couriers

    def _providers(self, channel: Channel) -> Providers:
        return Providers(
            [
                HttpProvider(name, it.url, it.key.get_secret_value(), self._known.post)
                for name, it in self._ours.providers(channel).items()
            ]
        )
