"""Events that are not to be told before their time.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "held_events",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("payload", postgresql.JSONB, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
    )
    op.create_index("ix_held_events_due_at", "held_events", ["due_at"])


def downgrade() -> None:
    """Drops it; what was held is not told."""
    op.drop_table("held_events")
