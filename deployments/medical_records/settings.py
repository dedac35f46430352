"""How this hospital opens its charts; every field is a `MEDRAY_MEDICAL_RECORDS_...` variable."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RecordsSettings(BaseSettings):
    """How long treatment lets somebody read a chart."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_MEDICAL_RECORDS_", frozen=True, extra="ignore"
    )

    appointment_days: int = Field(
        30, ge=0, le=365, description="days after a visit in which its doctor still reads"
    )
    encounter_days: int = Field(
        90, ge=0, le=365, description="days after an encounter in which its people still read"
    )
    order_days: int = Field(
        30, ge=0, le=365, description="days after a prescription in which its prescriber reads"
    )
    break_glass_minutes: int = Field(
        60, ge=1, le=60, description="how long an emergency access lasts, minutes"
    )

    @property
    def after_appointment(self) -> timedelta:
        """How long a doctor reads after a visit."""
        return timedelta(days=self.appointment_days)

    @property
    def after_encounter(self) -> timedelta:
        """How long participants read after an encounter."""
        return timedelta(days=self.encounter_days)

    @property
    def after_order(self) -> timedelta:
        """How long a prescriber reads after a prescription has ended."""
        return timedelta(days=self.order_days)

    @property
    def break_glass(self) -> timedelta:
        """How long an emergency access lasts."""
        return timedelta(minutes=self.break_glass_minutes)
