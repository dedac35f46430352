"""Who we are to insurers, where they are, and our patience; `MEDRAY_BILLING_CLAIMS_...`."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.settings import DEVELOPMENT_SECRET, Settings
from deployments.x12.shapes import Hospital

X12Code = Annotated[str, StringConstraints(pattern="^[A-Z0-9]{2,15}$")]


class ClaimSettings(BaseSettings):
    """The hospital as it stands on claims, and the pace of the work with payers."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_BILLING_CLAIMS_", frozen=True, extra="ignore"
    )

    sender: X12Code = Field("MEDRAY", description="the hospital's code in interchanges (ISA06)")
    hospital: str = Field("medray hospital", max_length=200, description="its name on claims")
    tax_number: str = Field(
        "0100000000", pattern="^[0-9]{10,13}$", description="its tax number on claims"
    )
    street: str = Field("1 Pho Hue", max_length=100, description="its address on claims")
    city: str = Field("Ha Noi", max_length=60, description="its city on claims")
    country: str = Field("VN", pattern="^[A-Z]{2}$", description="ISO 3166 code of its country")
    telephone: str = Field("02400000000", pattern="^[0-9]{8,15}$", description="its billing desk")
    payers_url: str | None = Field(
        None, description="base of the payers' exchange; the simulator when not set"
    )
    payers_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="API key at the payers' exchange"
    )
    timeout_s: float = Field(
        10.0, gt=0, le=60, description="longest wait for an answer of a payer, seconds"
    )
    poll_s: float = Field(0.5, gt=0, le=60, description="pause of the idle worker, seconds")
    ask_again_s: float = Field(
        5.0, gt=0, le=86_400, description="pause before a payer is asked for answers again, seconds"
    )
    batch: int = Field(8, ge=1, le=100, description="jobs that a worker claims at once")

    @property
    def lease(self) -> timedelta:
        """How long a job is one worker's: three calls in a row, and some air."""
        return timedelta(seconds=3 * self.timeout_s + 30)

    @property
    def again(self) -> timedelta:
        """The pause before a payer is asked again."""
        return timedelta(seconds=self.ask_again_s)

    @property
    def sender_hospital(self) -> Hospital:
        """The hospital as it stands on claims."""
        return Hospital(
            code=self.sender,
            name=self.hospital,
            tax_number=self.tax_number,
            street=self.street,
            city=self.city,
            country=self.country,
            telephone=self.telephone,
        )

    def url(self, house: Settings) -> str:
        """Where the payers' exchange is."""
        return self.payers_url or f"{house.public_url}/simulators/payers"

    def checked(self, house: Settings) -> Self:
        """These settings, when they may be used.

        Raises:
            ValueError: production with a default.
        """
        default = self.payers_key.get_secret_value() == DEVELOPMENT_SECRET
        if house.environment == "production" and (default or self.payers_url is None):
            raise ValueError("set MEDRAY_BILLING_CLAIMS_PAYERS_URL and _PAYERS_KEY")
        return self
