"""How this laboratory works; every field is a `MEDRAY_LABORATORY_...` variable."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.access import Role
from deployments.schemas import ShortText, TimeZoneName


class LaboratorySettings(BaseSettings):
    """Limits, delays and the pace of the background loops.

    Attributes:
        alert_step_minutes: how long those who were told of a critical value have to answer.
        alert_roles: who is told next, one step after the other; the last one again and again.
        default_verification_mode: of tests for which nobody chose one.
        worker_poll_s: how long a worker waits when there is nothing to do, seconds.
        worker_lease_s: a worker that says nothing for so long has lost its jobs, seconds.
        worker_batch: jobs that a worker claims at once.
        mllp_host, mllp_port: where analyzers send their messages.
        mllp_longest_bytes: of one message.
        mllp_idle_s: an analyzer that says nothing for so long is hung up on, seconds.
        hospital: its name on paper.
        time_zone: of the hospital: days of accession numbers and times on paper.
    """

    model_config = SettingsConfigDict(env_prefix="MEDRAY_LABORATORY_", frozen=True, extra="ignore")

    time_zone: TimeZoneName = "Asia/Ho_Chi_Minh"
    alert_step_minutes: Annotated[float, Field(gt=0)] = 10.0
    alert_roles: tuple[Role, ...] = (Role.LAB_TECHNICIAN, Role.DOCTOR)
    default_verification_mode: Literal["off", "shadow", "live"] = "shadow"
    worker_poll_s: Annotated[float, Field(gt=0)] = 0.2
    worker_lease_s: Annotated[float, Field(gt=0)] = 15.0
    worker_batch: Annotated[int, Field(ge=1)] = 16
    mllp_host: str = "127.0.0.1"
    mllp_port: Annotated[int, Field(ge=0, le=65535)] = 2575
    mllp_longest_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    mllp_idle_s: Annotated[float, Field(gt=0)] = 3600.0
    hospital: ShortText = "medray hospital"
