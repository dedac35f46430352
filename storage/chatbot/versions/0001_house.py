"""The house tables of the chatbot.

Revision ID: 0001
Revises:
"""

from alembic import op

from storage.migrations import house

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    house.create_house_tables(op)
    house.seal_audit_log(op)


def downgrade() -> None:
    """Drops them."""
    house.unseal_audit_log(op)
    house.drop_house_tables(op)
