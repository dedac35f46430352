"""What was taken over from other systems.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "lab_imports",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("identifier_system", sa.String, nullable=False),
        sa.Column("identifier_value", sa.String, nullable=False),
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("imported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ServiceRequest', 'Specimen', 'Observation', 'DiagnosticReport')",
            name=op.f("ck_lab_imports_kind"),
        ),
        sa.PrimaryKeyConstraint(
            "kind", "identifier_system", "identifier_value", name=op.f("pk_lab_imports")
        ),
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("lab_imports")
