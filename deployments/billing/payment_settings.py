"""The company that charges cards, and our patience with it; `MEDRAY_BILLING_PAYMENT_...`."""

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.settings import DEVELOPMENT_SECRET, Settings


class PaymentSettings(BaseSettings):
    """Where the provider is, how it is proven, and how often we ask again."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_BILLING_PAYMENT_", frozen=True, extra="ignore"
    )

    provider_url: str | None = Field(
        None, description="base of the provider's API; the simulator when not set"
    )
    provider_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="API key at the provider"
    )
    webhook_secret: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="the provider signs its webhooks with it"
    )
    timeout_s: float = Field(5.0, gt=0, le=10, description="longest wait for an answer, seconds")
    ask_again_s: float = Field(
        2.0, gt=0, le=60, description="first pause before asking what became of it, then doubled"
    )
    ask_at_least_every_s: float = Field(
        600.0, gt=0, le=3600, description="longest such pause, seconds"
    )
    poll_s: float = Field(1.0, gt=0, le=60, description="pause of the janitor, seconds")

    @property
    def lease(self) -> timedelta:
        """How long one payment is one replica's: a look-up and a charge, and some air."""
        return timedelta(seconds=2 * self.timeout_s + 5)

    def pause(self, asked: int) -> timedelta:
        """How long to wait after having asked so many times."""
        seconds = self.ask_again_s * 2.0 ** min(asked - 1, 20)
        return timedelta(seconds=min(seconds, self.ask_at_least_every_s))

    def url(self, house: Settings) -> str:
        """Where the provider is."""
        return self.provider_url or f"{house.public_url}/simulators/card-payments"

    def checked(self, house: Settings) -> Self:
        """These settings, when they may be used.

        Raises:
            ValueError: production with a default.
        """
        defaults = [self.provider_key, self.webhook_secret]
        known = any(it.get_secret_value() == DEVELOPMENT_SECRET for it in defaults)
        if house.environment == "production" and (known or self.provider_url is None):
            raise ValueError(
                "set MEDRAY_BILLING_PAYMENT_PROVIDER_URL, _PROVIDER_KEY and _WEBHOOK_SECRET"
            )
        return self
