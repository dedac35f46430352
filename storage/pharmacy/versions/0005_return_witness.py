"""A second person signs for controlled drugs that come back.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds who signed, and what they saw."""
    op.add_column("dispensings", sa.Column("return_witness_id", sa.Uuid))
    op.add_column("dispensings", sa.Column("return_witnessed", postgresql.JSONB))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("dispensings", "return_witnessed")
    op.drop_column("dispensings", "return_witness_id")
