"""How conversations work here; every field is a `MEDRAY_CHATBOT_...` variable."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChatbotSettings(BaseSettings):
    """Limits and paces."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_CHATBOT_", frozen=True, extra="ignore")

    clinician_lease_minutes: float = Field(
        15.0, gt=0, description="a clinician silent for so long gives a conversation back"
    )
    look_s: float = Field(5.0, gt=0, description="pause between looks at ended leases, seconds")
    emergency_number: str = Field(
        "115", pattern=r"^[0-9]{2,15}$", description="whom a patient in danger is told to call"
    )

    @property
    def clinician_lease(self) -> timedelta:
        """The lease, as a span."""
        return timedelta(minutes=self.clinician_lease_minutes)
