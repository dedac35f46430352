"""How this hospital prescribes; every field is a `MEDRAY_PHARMACY_...` variable."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PharmacySettings(BaseSettings):
    """Limits of prescribing and the pace of the background loops.

    The defaults of validity and of acute courses follow Viet Nam's Circular 52/2017/TT-BYT on
    outpatient prescriptions: valid for buying for 5 days from the day of prescribing; narcotics
    for an acute illness for at most 7 days, psychotropics and precursors for at most 10. Whether
    a later circular (26/2025/TT-BYT) says the same was not checked: check before relying on it.
    Shorter validity and no repeats for controlled drugs are rules of the house.
    """

    model_config = SettingsConfigDict(env_prefix="MEDRAY_PHARMACY_", frozen=True, extra="ignore")

    validity_days: int = Field(5, ge=1, le=365, description="handed out within, days")
    controlled_validity_days: int = Field(3, ge=1, le=365, description="same, controlled drugs")
    narcotic_acute_days: int = Field(7, ge=1, le=90, description="longest acute course")
    psychotropic_acute_days: int = Field(
        10, ge=1, le=90, description="longest acute course of psychotropics and precursors"
    )
    longest_days: int = Field(90, ge=1, le=365, description="longest duration of one fill, days")
    most_repeats: int = Field(5, ge=0, le=12, description="fills after the first")
    expire_every_s: float = Field(60.0, gt=0, le=3600, description="pause of the sweeper, seconds")

    @property
    def validity(self) -> timedelta:
        """How long after signing it can be handed out."""
        return timedelta(days=self.validity_days)

    @property
    def controlled_validity(self) -> timedelta:
        """The same with a controlled drug among the items."""
        return timedelta(days=self.controlled_validity_days)

    def longest_acute_days(self, schedule: str) -> int:
        """The longest acute course of drugs of the schedule."""
        if schedule == "narcotic":
            return self.narcotic_acute_days
        if schedule in {"psychotropic", "precursor"}:
            return self.psychotropic_acute_days
        return self.longest_days
