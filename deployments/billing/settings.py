"""How this hospital bills; every field is a `MEDRAY_BILLING_...` variable."""

from datetime import timedelta

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
    due_days: int = Field(7, ge=0, le=365, description="invoices are due so long after issue, days")
    charge_no_show: bool = Field(True, description="whether a missed visit is charged for")
    cancellation_hours: float = Field(
        24.0, ge=0, description="cancelled by the patient later than so long before: charged for"
    )
    overdue_days: tuple[int, ...] = Field(
        (1, 7, 14, 30), description="days after the due one on which a patient is reminded"
    )
    overdue_look_s: float = Field(
        300.0, gt=0, le=86400, description="pause of the watch over overdue invoices, seconds"
    )
    hospital: str = Field("medray hospital", max_length=200, description="its name on paper")
    address: str = Field("", max_length=300, description="its address on paper")
    tax_code: str = Field("", max_length=20, description="its tax code on paper")

    @property
    def cancellation_notice(self) -> timedelta:
        """Cancelled earlier than this before its begin, a visit is free."""
        return timedelta(hours=self.cancellation_hours)
