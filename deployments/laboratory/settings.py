"""How this laboratory works; every field is a `MEDRAY_LABORATORY_...` variable."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.access import Role
from deployments.schemas import TimeZoneName


class LaboratorySettings(BaseSettings):
    """Limits, delays and the pace of the background loops."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_LABORATORY_", frozen=True, extra="ignore")

    hospital: str = Field("medray hospital", max_length=200, description="its name on paper")
    time_zone: TimeZoneName = Field(
        "Asia/Ho_Chi_Minh", description="days of accession numbers, times on paper"
    )
    default_verification_mode: Literal["off", "shadow", "live"] = Field(
        "shadow", description="of tests for which nobody chose one"
    )
    alert_step_minutes: float = Field(
        10.0, gt=0, description="time to answer a critical value before the next ones are told"
    )
    alert_roles: tuple[Literal[Role.LAB_TECHNICIAN, Role.DOCTOR], ...] = Field(
        (Role.LAB_TECHNICIAN, Role.DOCTOR),
        min_length=1,
        description="who is told next, step by step; the last one again and again; only roles for"
        " which notifications have a text",
    )
    alert_look_s: float = Field(5.0, gt=0, description="pause of the ladder, seconds")
    worker_poll_s: float = Field(0.2, gt=0, description="pause of an idle worker, seconds")
    worker_lease_s: float = Field(
        15.0, gt=0, description="a worker silent for so long has lost its jobs, seconds"
    )
    worker_batch: int = Field(16, ge=1, le=500, description="jobs that a worker claims at once")
    mllp_host: str = Field("127.0.0.1", description="where analyzers send their messages")
    mllp_port: int = Field(2575, ge=0, le=65535, description="the port there")
    mllp_longest_bytes: int = Field(1_000_000, ge=1024, le=16_000_000, description="of one message")
    mllp_idle_s: float = Field(
        3600.0, gt=0, description="an analyzer silent for so long is hung up on, seconds"
    )
