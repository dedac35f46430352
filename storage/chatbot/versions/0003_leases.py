"""Leases that end are found by an index.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the index."""
    op.create_index(
        "ix_conversations_leased",
        "conversations",
        ["leased_until"],
        postgresql_where=sa.text("status = 'open' AND leased_until IS NOT NULL"),
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_conversations_leased", "conversations")
