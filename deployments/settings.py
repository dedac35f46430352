"""What an operator can set: `MEDRAY_...` variables, or files of that name."""

import os
from functools import cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.schemas import Locale, TimeZoneName

DEVELOPMENT_SECRET = "development-only-secret-do-not-use"  # noqa: S105  # refused in production
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """Read once per process. Sizes and replicas are not here: they are in `serve_config.yaml`."""

    model_config = SettingsConfigDict(
        env_prefix="MEDRAY_", secrets_dir=os.environ.get("MEDRAY_SECRETS_DIR"), extra="ignore"
    )

    environment: Literal["development", "test", "production"] = Field(
        "development", description="production refuses default secrets and demo data"
    )
    data_dir: Path = Field(Path(".medray"), description="folder of everything that `up` keeps")
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET),
        description="encrypts signing keys and second factors; 32 characters or more",
    )
    issuer: str = Field("medray", description="`iss` of access tokens")
    audience: str = Field("medray", description="`aud` of access tokens")
    access_token_minutes: int = Field(10, ge=1, le=10, description="life of an access token")
    refresh_token_days: int = Field(14, ge=1, le=90, description="life of a sign-in")
    refresh_grace_s: float = Field(
        10, ge=0, le=60, description="a lost refresh answer may be asked for again, seconds"
    )
    password_attempts: int = Field(5, ge=3, le=100, description="wrong passwords before a pause")
    public_url: str = Field("http://127.0.0.1:8000", description="where people reach the API")
    cors_origins: list[str] = Field([], description="origins of browsers that may call the API")
    body_limit_bytes: int = Field(1_048_576, ge=1024, description="largest request body")
    rate_limit_per_minute: int = Field(
        1200, ge=1, description="cost that one caller may spend a minute; a read costs 1"
    )
    anonymous_rate_limit_per_minute: int = Field(
        300, ge=1, description="the same for an address that has not signed in"
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="proxies in front that append to X-Forwarded-For"
    )
    default_time_zone: TimeZoneName = Field(
        "Asia/Ho_Chi_Minh", description="zone of the hospital and of new people"
    )
    default_locale: Locale = Field("en", description="language of new people")
    smtp_url: SecretStr | None = Field(
        None, description="smtp://user:password@host:port; without it e-mails become files"
    )
    email_from: str = Field("no-reply@medray.example", description="sender of e-mails")
    email_outbox_dir: Path | None = Field(
        None, description="folder of e-mails when there is no SMTP; default: data folder/outbox"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe line that is logged"
    )

    @model_validator(mode="after")
    def _closed_in_production(self) -> Self:
        if self.environment == "production":
            secret = self.secret_key.get_secret_value()
            if secret == DEVELOPMENT_SECRET or len(secret) < SHORTEST_SECRET:
                raise ValueError(
                    f"set MEDRAY_SECRET_KEY to {SHORTEST_SECRET} or more random characters"
                )
            if urlsplit(self.public_url).scheme != "https":
                raise ValueError("set MEDRAY_PUBLIC_URL to the https:// address of the API")
        return self


@cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
