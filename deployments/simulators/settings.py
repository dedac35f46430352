"""What the simulated companies do, and their keys; every field is `MEDRAY_SIMULATORS_...`."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.settings import DEVELOPMENT_SECRET

_DEVELOPMENT = SecretStr(DEVELOPMENT_SECRET)
Chance = Annotated[float, Field(ge=0.0, le=1.0)]


class SimulatorsSettings(BaseSettings):
    """Chances are drawn from the seed and the customer's reference: one seed, one run."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_SIMULATORS_", frozen=True, extra="ignore")

    seed: int = Field(1, description="of everything that happens by chance")
    silence_s: float = Field(
        10.0, gt=0, le=60, description="how long a request hangs that is never answered, seconds"
    )
    late_s: float = Field(1.0, gt=0, le=60, description="how late is what comes late, seconds")
    payers_key: SecretStr = Field(_DEVELOPMENT, description="API key of the payers' exchange")
    card_payments_key: SecretStr = Field(_DEVELOPMENT, description="API key of the card company")
    card_payments_webhook_secret: SecretStr = Field(
        _DEVELOPMENT, description="signs the webhooks of the card company"
    )
    card_payments_webhook_url: str | None = Field(
        None, description="where they go; billing of the public URL when not set"
    )
    card_payments_declined: Chance = Field(0.0, description="chance of a decline")
    card_payments_lost: Chance = Field(
        0.0, description="chance that a first request hangs without effect"
    )
    card_payments_silent: Chance = Field(
        0.0, description="chance that a first request takes effect and hangs"
    )
    card_payments_pending: Chance = Field(0.0, description="chance that a charge is decided later")
    messages_key: SecretStr = Field(_DEVELOPMENT, description="API key of the message companies")
    messages_webhook_secret: SecretStr = Field(
        _DEVELOPMENT, description="signs the webhooks of the message companies"
    )
    messages_webhook_url: str | None = Field(
        None, description="where they go, `/<company>` is added; notifications when not set"
    )
    messages_failing: Chance = Field(0.0, description="chance that the first company answers 503")
    messages_silent: Chance = Field(0.0, description="chance that it takes a message and hangs")
    messages_late: Chance = Field(0.0, description="chance that it answers late")
