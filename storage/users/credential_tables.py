"""What proves who somebody is.

Secrets are stored hashed (tokens, recovery codes) or sealed with the service's secret key
(signing keys, TOTP secrets); none can be read out of a stolen database.
"""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Instant, UuidKey
from storage.users.base import Base, Sealed, UserKey, UserReference


class SignInAttempts(Base):
    """Attempts since the last success, by address, known here or not, so that both look alike.

    `subject` is a keyed hash: a stolen table does not say who tried to sign in.
    """

    __tablename__ = "sign_in_attempts"

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    attempts: Mapped[int]
    locked_until: Mapped[Instant | None]
    last_at: Mapped[Instant] = mapped_column(index=True)


class Session(Base):
    """One sign-in: the family of its refresh tokens."""

    __tablename__ = "sessions"

    id: Mapped[UuidKey]
    user_id: Mapped[UserReference]
    user_agent: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant]
    refreshed_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    ended_at: Mapped[Instant | None]
    end_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_sessions_live", "user_id", postgresql_where=text("ended_at IS NULL")),
    )


class RefreshToken(Base):
    """A refresh token of a session, current (`used_at` null) or used, and its access token."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    access_token_id: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class OneTimeToken(Base):
    """A link that was sent, or is about to be sent, by e-mail."""

    __tablename__ = "one_time_tokens"

    id: Mapped[UuidKey]
    user_id: Mapped[UserReference]
    purpose: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    used_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_one_time_tokens_user_id_purpose", "user_id", "purpose"),)


class SecondFactor(Base):
    """A TOTP secret; in force once confirmed. No step of it is accepted twice."""

    __tablename__ = "second_factors"

    user_id: Mapped[UserKey]
    sealed_secret: Mapped[Sealed]
    confirmed_at: Mapped[Instant | None]
    last_used_step: Mapped[int] = mapped_column(BigInteger, server_default="0")


class RecoveryCode(Base):
    """A code that stands in for TOTP once."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UserKey]
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class SigningKey(Base):
    """An Ed25519 key: published as `next`, signs as `current`, verifies a while as `retired`."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    sealed_private_key: Mapped[Sealed]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]
    since: Mapped[Instant]

    __table_args__ = (
        CheckConstraint("status IN ('next', 'current', 'retired')", name="status"),
        Index(
            "uq_signing_keys_status",
            "status",
            unique=True,
            postgresql_where=text("status IN ('next', 'current')"),
        ),
    )


class Revocation(Base):
    """Access tokens refused before they expire: one token, or a person's older than an instant.

    `sequence` is drawn under a lock that is held until COMMIT, so that whoever polls
    "after sequence n" misses none (rule R5 tells what happens otherwise).
    """

    __tablename__ = "revocations"

    sequence: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_id: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    not_before: Mapped[Instant | None]
    expires_at: Mapped[Instant] = mapped_column(index=True)

    __table_args__ = (
        CheckConstraint(
            "(token_id IS NULL) = (user_id IS NOT NULL AND not_before IS NOT NULL)", name="target"
        ),
    )
