"""How this hospital reaches people; every field is a `MEDRAY_NOTIFICATIONS_...` variable."""

import os
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.access import Role
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

    idle_minutes: int = Field(
        15, ge=1, le=720, description="without a sign of its person a live sign-in is logged off"
    )
    idle_minutes_by_role: dict[Role, int] = Field(
        {}, description='JSON, where a role differs: `{"doctor": 10}`; the shortest counts'
    )

    def idle_after(self, roles: Collection[Role]) -> timedelta | None:
        """How long people with these roles may be away (45 CFR 164.312(a)(2)(iii)).

        The rule names no time; ours is 15 minutes. Software is never idle.
        """
        if Role.SERVICE in roles:
            return None
        minutes = [self.idle_minutes_by_role.get(role, self.idle_minutes) for role in roles]
        return timedelta(minutes=min(minutes, default=self.idle_minutes))

    def providers(self, channel: Channel) -> Mapping[str, ProviderSettings]:
        """The providers of a channel, in order."""
        if channel is Channel.SMS:
            return self.sms_providers
        return self.push_providers if channel is Channel.PUSH else NONE

    def channels_of(self, provider: str) -> list[Channel]:
        """The channels that a provider serves."""
        return [it for it in (Channel.SMS, Channel.PUSH) if provider in self.providers(it)]
