"""How this laboratory works; every field is a `MEDRAY_LABORATORY_...` variable."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class LaboratorySettings(BaseSettings):
    """Limits, delays and the pace of the background loops."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_LABORATORY_", frozen=True, extra="ignore")
