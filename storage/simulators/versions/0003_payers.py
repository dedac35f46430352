"""The payers.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
MONEY = sa.BigInteger
SEQUENCES = ("payer_numbers",)
TABLES = ("payer_attempts", "payer_claims", "payer_consents", "payer_remittances")


def upgrade() -> None:
    """Creates the tables."""
    for name in SEQUENCES:
        op.execute(f"CREATE SEQUENCE {name}")
    _create_payer_attempts()
    _create_payer_claims()
    _create_payer_consents()
    _create_payer_remittances()


def downgrade() -> None:
    """Drops them."""
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in SEQUENCES:
        op.execute(f"DROP SEQUENCE {name}")


def _create_payer_attempts() -> None:
    op.create_table(
        "payer_attempts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payer", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("control_number", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payer_attempts"),
    )
    op.create_index(
        "ix_payer_attempts_payer_sender_control_number",
        "payer_attempts",
        ["payer", "sender", "control_number"],
    )


def _create_payer_claims() -> None:
    op.create_table(
        "payer_claims",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payer", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("control_number", sa.String, nullable=False),
        sa.Column("member_id", sa.String, nullable=False),
        sa.Column("claim", postgresql.JSONB, nullable=False),
        sa.Column("acknowledgement", sa.String, nullable=False),
        sa.Column("status", sa.String),
        sa.Column("payer_claim_number", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("lenient", sa.Boolean, nullable=False),
        sa.Column("appealed_version", sa.Integer),
        sa.Column("answer", postgresql.JSONB),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("deductible", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("own", MONEY, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('rejected', 'pending', 'decided', 'void')", name="state"),
        sa.PrimaryKeyConstraint("id", name="pk_payer_claims"),
        sa.UniqueConstraint(
            "payer", "sender", "control_number", name="uq_payer_claims_payer_sender_control_number"
        ),
    )
    op.create_index("ix_payer_claims_payer_member_id", "payer_claims", ["payer", "member_id"])
    op.create_index(
        "ix_payer_claims_payer_sender_number", "payer_claims", ["payer", "sender", "number"]
    )


def _create_payer_consents() -> None:
    op.create_table(
        "payer_consents",
        sa.Column("number", sa.String, nullable=False),
        sa.Column("payer", sa.String, nullable=False),
        sa.Column("asked_as", sa.String, nullable=False),
        sa.Column("member_id", sa.String, nullable=False),
        sa.Column("codes", postgresql.JSONB, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_payer_consents"),
        sa.UniqueConstraint("payer", "asked_as", name="uq_payer_consents_payer_asked_as"),
    )


def _create_payer_remittances() -> None:
    op.create_table(
        "payer_remittances",
        sa.Column("trace_number", sa.String, nullable=False),
        sa.Column("payer", sa.String, nullable=False),
        sa.Column("receiver", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("trace_number", name="pk_payer_remittances"),
    )
