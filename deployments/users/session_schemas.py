"""Bodies and answers of signing in, passwords and the second factor."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints, model_validator

from deployments.schemas import Instant, Schema
from deployments.users.schemas import Email

Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
Token = Annotated[str, StringConstraints(min_length=20, max_length=200)]
TotpCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
RecoveryCodeText = Annotated[str, StringConstraints(min_length=16, max_length=24)]


class SignInRequest(Schema):
    """Who signs in, and how they prove it."""

    email: Email
    password: Password
    totp: TotpCode | None = None
    recovery_code: RecoveryCodeText | None = None

    @model_validator(mode="after")
    def _one_second_factor(self) -> Self:
        if self.totp is not None and self.recovery_code is not None:
            raise ValueError("send totp or recovery_code, not both")
        return self


class RefreshRequest(Schema):
    """The refresh token that was given out last."""

    refresh_token: Token


class PasswordChange(Schema):
    """A new password, and the current one again."""

    current_password: Password
    new_password: Password


class ForgottenPassword(Schema):
    """Where to send the link to."""

    email: Email


class PasswordReset(Schema):
    """The token of the link, and the new password."""

    token: Token
    password: Password


class EmailVerification(Schema):
    """The token of the link."""

    token: Token


class Reauthentication(Schema):
    """The password once more, before something that a passer-by must not do."""

    password: Password


class TotpSetup(Schema):
    """What an authenticator app needs; shown once.

    Attributes:
        secret: base32, for typing.
        provisioning_uri: `otpauth://`, for a QR code.
    """

    secret: str
    provisioning_uri: str


class TotpConfirmation(Schema):
    """The code that the app shows now."""

    code: TotpCode


class RecoveryCodes(Schema):
    """Codes that each stand in for TOTP once; shown once."""

    codes: list[str]


class SessionLine(Schema):
    """One of the caller's sign-ins that is still good.

    Attributes:
        current: whether the request was made with it.
    """

    id: UUID
    user_agent: str | None
    created_at: Instant
    refreshed_at: Instant
    expires_at: Instant
    current: bool


class OwnSessions(Schema):
    """Where the caller is signed in, newest first."""

    items: list[SessionLine]
