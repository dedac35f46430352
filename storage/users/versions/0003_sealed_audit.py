"""Audit rows are chained: position and seal.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from storage.migrations import house

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the chain to the audit log."""
    house.seal_audit_log(op)


def downgrade() -> None:
    """Takes it away."""
    house.unseal_audit_log(op)
