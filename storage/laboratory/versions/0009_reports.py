"""Reports.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_lab_reports()
    _create_report_documents()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "report_documents",
        "lab_reports",
    ):
        op.drop_table(table)


def _create_lab_reports() -> None:
    op.create_table(
        "lab_reports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("content", postgresql.JSONB, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("visible_at", INSTANT),
        sa.CheckConstraint(
            "status IN ('preliminary', 'final', 'amended', 'corrected')",
            name=op.f("ck_lab_reports_status"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["lab_orders.id"], name=op.f("fk_lab_reports_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_reports")),
    )
    op.create_index(
        op.f("ix_lab_reports_order_id_version"), "lab_reports", ["order_id", "version"], unique=True
    )
    op.create_index(
        op.f("ix_lab_reports_patient_id_id"), "lab_reports", ["patient_id", "id"], unique=False
    )


def _create_report_documents() -> None:
    op.create_table(
        "report_documents",
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("pdf", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["lab_reports.id"], name=op.f("fk_report_documents_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "locale", name=op.f("pk_report_documents")),
    )
