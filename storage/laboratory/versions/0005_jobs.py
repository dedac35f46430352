"""Jobs, and messages of analyzers.

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

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_lab_jobs()
    _create_analyzer_messages()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "analyzer_messages",
        "lab_jobs",
    ):
        op.drop_table(table)


def _create_lab_jobs() -> None:
    op.create_table(
        "lab_jobs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("leased_until", INSTANT),
        sa.Column("error", sa.String),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.CheckConstraint("kind IN ('ingest', 'verify', 'report')", name=op.f("ck_lab_jobs_kind")),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_lab_jobs_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_jobs")),
    )
    op.create_index(
        "ix_lab_jobs_waiting",
        "lab_jobs",
        ["urgency", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index(
        "uq_lab_jobs_waiting_object",
        "lab_jobs",
        ["kind", "object_id"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _create_analyzer_messages() -> None:
    op.create_table(
        "analyzer_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sender", sa.String),
        sa.Column("control_id", sa.String),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("acknowledgement", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("content", postgresql.JSONB),
        sa.Column("status", sa.String, nullable=False),
        sa.CheckConstraint(
            "acknowledgement IN ('AA', 'AE', 'AR')",
            name=op.f("ck_analyzer_messages_acknowledgement"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'placed', 'held', 'refused')",
            name=op.f("ck_analyzer_messages_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyzer_messages")),
    )
    op.create_index(
        op.f("ix_analyzer_messages_status_id"), "analyzer_messages", ["status", "id"], unique=False
    )
    op.create_index(
        "uq_analyzer_messages_control_id",
        "analyzer_messages",
        ["sender", "control_id"],
        unique=True,
        postgresql_where=sa.text("acknowledgement = 'AA'"),
    )
