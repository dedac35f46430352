"""A refused message that is replayed is another one to its provider.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Counts the rounds."""
    op.add_column(
        "deliveries", sa.Column("round", sa.SmallInteger, nullable=False, server_default="0")
    )
    op.alter_column("deliveries", "round", server_default=None)


def downgrade() -> None:
    """Forgets them."""
    op.drop_column("deliveries", "round")
