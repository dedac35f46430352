"""The companies that bring messages to telephones.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "phone_messages",
        sa.Column("company", sa.String, primary_key=True),
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", postgresql.JSONB, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
    )
    op.create_table(
        "message_requests",
        sa.Column("company", sa.String, primary_key=True),
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("message_requests")
    op.drop_table("phone_messages")
