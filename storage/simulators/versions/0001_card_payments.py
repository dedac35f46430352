"""The card company, and what companies tell their customers.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_charges()
    op.create_table(
        "card_refunds",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column(
            "charge_reference", sa.String, sa.ForeignKey("card_charges.reference"), nullable=False
        ),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount"),
    )
    op.create_index("ix_card_refunds_charge_reference", "card_refunds", ["charge_reference"])
    op.create_table(
        "card_requests",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_card_requests_reference", "card_requests", ["reference"])
    _create_webhooks()


def _create_charges() -> None:
    op.create_table(
        "card_charges",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("decline_code", sa.String),
        sa.Column("refunded", sa.BigInteger, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
        sa.CheckConstraint(
            "status IN ('succeeded', 'declined', 'voided', 'charged-back')", name="status"
        ),
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("company", sa.String, nullable=False),
        sa.Column("event", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'sent', 'given-up')", name="status"),
    )
    op.create_index(
        "ix_webhooks_waiting",
        "webhooks",
        ["company", "due_at"],
        postgresql_where=sa.text("status = 'waiting'"),
    )


def downgrade() -> None:
    """Drops them."""
    for table in ("webhooks", "card_requests", "card_refunds", "card_charges"):
        op.drop_table(table)
