"""How this laboratory works; every field is a `MEDRAY_LABORATORY_...` variable."""

from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.schemas import TimeZoneName


class LaboratorySettings(BaseSettings):
    """Limits, delays and the pace of the background loops.

    Attributes:
        time_zone: of the hospital: days of accession numbers and times on paper.
    """

    model_config = SettingsConfigDict(env_prefix="MEDRAY_LABORATORY_", frozen=True, extra="ignore")

    time_zone: TimeZoneName = "Asia/Ho_Chi_Minh"
