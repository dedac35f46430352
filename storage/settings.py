"""Where the databases and Redis are, and how patient we are with them."""

import os
from typing import Final, Literal, get_args

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Service = Literal[
    "users",
    "medical_records",
    "appointments",
    "pharmacy",
    "laboratory",
    "billing",
    "notifications",
    "chatbot",
    "simulators",
]
SERVICES: tuple[Service, ...] = get_args(Service)
BUILT: tuple[Service, ...] = (
    "users",
    "medical_records",
    "appointments",
    "pharmacy",
    "laboratory",
    "billing",
    "notifications",
    "chatbot",
)
"""Services that exist today and so have a database and migrations."""
PLAYED: Final[Service] = "simulators"
"""The companies outside that we play ourselves; never in production."""


def databases(*, production: bool) -> tuple[Service, ...]:
    """Whose databases a stack needs."""
    return BUILT if production else (*BUILT, PLAYED)


class StorageSettings(BaseSettings):
    """Read from `MEDRAY_...` variables, or from files of that name in `MEDRAY_SECRETS_DIR`."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_", secrets_dir=os.environ.get("MEDRAY_SECRETS_DIR"), extra="ignore"
    )

    users_database_url: SecretStr | None = Field(None, description="PostgreSQL of users")
    medical_records_database_url: SecretStr | None = Field(
        None, description="PostgreSQL of medical records"
    )
    appointments_database_url: SecretStr | None = Field(
        None, description="PostgreSQL of appointments"
    )
    pharmacy_database_url: SecretStr | None = Field(None, description="PostgreSQL of pharmacy")
    laboratory_database_url: SecretStr | None = Field(None, description="PostgreSQL of laboratory")
    billing_database_url: SecretStr | None = Field(None, description="PostgreSQL of billing")
    notifications_database_url: SecretStr | None = Field(
        None, description="PostgreSQL of notifications"
    )
    chatbot_database_url: SecretStr | None = Field(None, description="PostgreSQL of chatbot")
    simulators_database_url: SecretStr | None = Field(
        None, description="PostgreSQL of the simulated companies; not in production"
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis for counters, cache and wake-ups; nothing in it must survive"
    )
    database_threads: int = Field(
        6, ge=1, le=64, description="database threads and connections of one replica"
    )
    statement_timeout_ms: int = Field(5000, ge=100, description="longest statement, milliseconds")
    lock_timeout_ms: int = Field(2000, ge=10, description="longest wait for a lock, milliseconds")

    def database_url(self, service: Service) -> str:
        """The PostgreSQL URL of `service`.

        Raises:
            LookupError: when it is not set; the text names the setting.
        """
        url: SecretStr | None = getattr(self, f"{service}_database_url")
        if url is None:
            raise LookupError(f"set MEDRAY_{service.upper()}_DATABASE_URL to a PostgreSQL URL")
        return url.get_secret_value()

    def redis(self) -> str:
        """The Redis URL.

        Raises:
            LookupError: when it is not set.
        """
        if self.redis_url is None:
            raise LookupError("set MEDRAY_REDIS_URL to a Redis URL")
        return self.redis_url.get_secret_value()
