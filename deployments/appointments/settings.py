"""How this hospital books; every field is a `MEDRAY_APPOINTMENTS_...` variable."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AppointmentSettings(BaseSettings):
    """Limits of booking and the pace of the background loops."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_APPOINTMENTS_", frozen=True, extra="ignore"
    )

    hold_minutes: int = Field(5, ge=1, le=60, description="lease of a hold, minutes")
    hold_total_minutes: int = Field(
        15, ge=1, le=240, description="longest life of a hold that is renewed, minutes"
    )
    holds_per_patient: int = Field(3, ge=1, le=20, description="times one patient holds at once")
    horizon_days: int = Field(365, ge=1, le=1830, description="how far ahead visits are booked")
    no_show_grace_minutes: int = Field(
        15, ge=0, le=240, description="minutes after its start before a visit is a no-show"
    )
    directory_cache_s: float = Field(
        3.0, ge=0, le=60, description="how long doctors and patients are remembered, seconds"
    )
    sweep_every_s: float = Field(5.0, gt=0, le=300, description="pause of the sweeper, seconds")
    remind_every_s: float = Field(5.0, gt=0, le=300, description="pause of the reminder, seconds")

    @property
    def hold(self) -> timedelta:
        """Lease of a hold."""
        return timedelta(minutes=self.hold_minutes)

    @property
    def hold_total(self) -> timedelta:
        """Longest life of a hold."""
        return timedelta(minutes=self.hold_total_minutes)

    @property
    def horizon(self) -> timedelta:
        """How far ahead visits are booked."""
        return timedelta(days=self.horizon_days)

    @property
    def no_show_grace(self) -> timedelta:
        """How long a patient may be late."""
        return timedelta(minutes=self.no_show_grace_minutes)
