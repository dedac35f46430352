"""Audit rows are chained: position and seal; the ends of all chains are kept here.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations import house

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the chain to the audit log."""
    house.seal_audit_log(op)
    op.create_table(
        "audit_anchors",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("anchored_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("audit_anchors")
    house.unseal_audit_log(op)
