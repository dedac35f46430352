"""How this hospital bills; every field is a `MEDRAY_BILLING_...` variable."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.schemas import TimeZoneName


class BillingSettings(BaseSettings):
    """What stands on invoices, and when they are due."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_BILLING_", frozen=True, extra="ignore")

    currency: str = Field("VND", pattern="^[A-Z]{3}$", description="ISO 4217 code of charges")
    time_zone: TimeZoneName = Field(
        "Asia/Ho_Chi_Minh", description="days and years of invoices, times on paper"
    )
