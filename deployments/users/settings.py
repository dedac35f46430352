"""What an operator can set about accounts; every field is a `MEDRAY_USERS_...` variable."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.users.passwords import HashCost


class UsersSettings(BaseSettings):
    """Cost of passwords, life of links and keys."""

    model_config = SettingsConfigDict(env_prefix="MEDRAY_USERS_", frozen=True, extra="ignore")

    password_time_cost: int = Field(2, ge=1, le=10, description="argon2id passes")
    password_memory_kib: int = Field(19_456, ge=8, description="argon2id memory of a hash, KiB")
    password_parallelism: int = Field(1, ge=1, le=8, description="argon2id lanes")
    password_hashers: int = Field(
        2,
        ge=1,
        le=16,
        description="hashes at once in a replica; times replicas at most password_attempts",
    )
    verification_hours: int = Field(72, ge=1, description="life of an e-mail verification link")
    reset_minutes: int = Field(30, ge=5, le=240, description="life of a password reset link")
    invitation_days: int = Field(7, ge=1, le=60, description="life of an invitation")
    resend_seconds: int = Field(
        60, ge=0, le=3600, description="pause before the same person is sent the same link again"
    )
    signing_key_days: int = Field(30, ge=2, description="how long a key signs access tokens")

    @property
    def hash_cost(self) -> HashCost:
        """The argon2id parameters together."""
        return HashCost(
            self.password_time_cost, self.password_memory_kib, self.password_parallelism
        )

    @property
    def signing_period(self) -> timedelta:
        """How long a key signs."""
        return timedelta(days=self.signing_key_days)

    @property
    def resend(self) -> timedelta:
        """Pause before the same person is sent the same link again."""
        return timedelta(seconds=self.resend_seconds)
