"""How this laboratory works; every field is a `MEDRAY_LABORATORY_...` variable."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.access import Role
from deployments.schemas import TimeZoneName


class LaboratorySettings(BaseSettings):
    """Limits, delays and the pace of the background loops.

    Attributes:
        alert_step_minutes: how long those who were told of a critical value have to answer.
        alert_roles: who is told next, one step after the other; the last one again and again.
        time_zone: of the hospital: days of accession numbers and times on paper.
    """

    model_config = SettingsConfigDict(env_prefix="MEDRAY_LABORATORY_", frozen=True, extra="ignore")

    time_zone: TimeZoneName = "Asia/Ho_Chi_Minh"
    alert_step_minutes: Annotated[float, Field(gt=0)] = 10.0
    alert_roles: tuple[Role, ...] = (Role.LAB_TECHNICIAN, Role.DOCTOR)
