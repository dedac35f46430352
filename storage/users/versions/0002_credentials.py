"""Credentials: attempts, sessions, tokens, second factors, signing keys, revocations.

Revision ID: 0002
Revises: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables that prove who somebody is."""
    _create_sessions()
    _create_one_time_tokens()
    _create_second_factors()
    _create_signing_keys()
    _create_revocations()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "revocations",
        "signing_keys",
        "recovery_codes",
        "second_factors",
        "one_time_tokens",
        "refresh_tokens",
        "sessions",
        "sign_in_attempts",
    ):
        op.drop_table(table)


def _user(**options: Any) -> sa.Column[Any]:
    return sa.Column(
        "user_id",
        sa.Uuid,
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


def _create_sessions() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("locked_until", INSTANT),
        sa.Column("last_at", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("user_agent", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("refreshed_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", sa.Text),
    )
    op.create_index(
        "ix_sessions_live", "sessions", ["user_id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column(
            "session_id",
            sa.Uuid,
            sa.ForeignKey("sessions.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("access_token_id", sa.Text, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
    )


def _create_one_time_tokens() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("used_at", INSTANT),
    )
    op.create_index("ix_one_time_tokens_user_id_purpose", "one_time_tokens", ["user_id", "purpose"])


def _create_second_factors() -> None:
    op.create_table(
        "second_factors",
        _user(primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("last_used_step", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "recovery_codes",
        _user(primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
    )


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('next', 'current', 'retired')", name="status"),
    )
    op.create_index(
        "uq_signing_keys_status",
        "signing_keys",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status IN ('next', 'current')"),
    )


def _create_revocations() -> None:
    op.create_table(
        "revocations",
        sa.Column("sequence", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("token_id", sa.Text),
        sa.Column("user_id", sa.Uuid),
        sa.Column("not_before", INSTANT),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.CheckConstraint(
            "(token_id IS NULL) = (user_id IS NOT NULL AND not_before IS NOT NULL)", name="target"
        ),
    )
