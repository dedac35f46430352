"""What is held and may be critical comes first.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; of what is held already nobody has said so."""
    op.add_column(
        "held_results", sa.Column("critical", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.alter_column("held_results", "critical", server_default=None)
    op.drop_index(op.f("ix_held_results_status_id"), "held_results")
    op.create_index(
        op.f("ix_held_results_status_critical_id"),
        "held_results",
        ["status", "critical", "id"],
        unique=False,
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_index(op.f("ix_held_results_status_critical_id"), "held_results")
    op.drop_column("held_results", "critical")
    op.create_index(
        op.f("ix_held_results_status_id"), "held_results", ["status", "id"], unique=False
    )
