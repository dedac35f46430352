"""How this hospital reaches people; every field is a `MEDRAY_NOTIFICATIONS_...` variable."""

import os
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.notifications.codes import Channel

NONE: Final[Mapping[str, "ProviderSettings"]] = {}


class ProviderSettings(BaseModel):
    """A provider of SMS or push.

    Attributes:
        url: of its API; `/messages` or `/pushes` is added.
        key: sent as `Authorization: Bearer`.
        webhook_secret: signs its receipts and the replies it passes on (Standard Webhooks).
    """

    model_config = ConfigDict(frozen=True)

    url: str
    key: SecretStr
    webhook_secret: SecretStr


class NotificationSettings(BaseSettings):
    """Providers in the order in which they are tried; without any, the channel is not used."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_NOTIFICATIONS_",
        secrets_dir=os.environ.get("MEDRAY_SECRETS_DIR"),
        frozen=True,
        extra="ignore",
    )

    sms_providers: dict[str, ProviderSettings] = Field(
        {}, description='JSON, by name: `{"acme": {"url", "key", "webhook_secret"}}`, in order'
    )
    push_providers: dict[str, ProviderSettings] = Field(
        {}, description="the same for push messages"
    )
    provider_timeout_s: float = Field(
        10.0, gt=0, le=15, description="longest wait for a provider or an endpoint, seconds"
    )
    region: str = Field("VN", description="country of telephone numbers without a prefix")
    webhooks_to_private_addresses: bool = Field(
        False, description="web hooks may go to loopback, private addresses and plain http"
    )

    def providers(self, channel: Channel) -> Mapping[str, ProviderSettings]:
        """The providers of a channel, in order."""
        if channel is Channel.SMS:
            return self.sms_providers
        return self.push_providers if channel is Channel.PUSH else NONE

    def channels_of(self, provider: str) -> list[Channel]:
        """The channels that a provider serves."""
        return [it for it in (Channel.SMS, Channel.PUSH) if provider in self.providers(it)]
