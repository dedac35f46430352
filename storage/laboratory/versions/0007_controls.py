"""Quality control.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_control_lots()
    _create_control_runs()
    _create_rule_violations()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "rule_violations",
        "control_runs",
        "control_lots",
    ):
        op.drop_table(table)


def _create_control_lots() -> None:
    op.create_table(
        "control_lots",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("parameter_id", sa.Uuid, nullable=False),
        sa.Column("instrument", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("lot", sa.String, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("target", sa.Numeric, nullable=False),
        sa.Column("sd", sa.Numeric, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_control_lots_level")),
        sa.CheckConstraint("sd > 0", name=op.f("ck_control_lots_sd")),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["test_parameters.id"], name=op.f("fk_control_lots_parameter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_lots")),
    )
    op.create_index(
        "uq_control_lots_lot",
        "control_lots",
        ["parameter_id", "instrument", "lot", "level"],
        unique=True,
    )


def _create_control_runs() -> None:
    op.create_table(
        "control_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("control_lot_id", sa.Uuid, nullable=False),
        sa.Column("value", sa.Numeric, nullable=False),
        sa.Column("z", sa.Numeric, nullable=False),
        sa.Column("measured_at", INSTANT, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("comment", sa.String),
        sa.ForeignKeyConstraint(
            ["control_lot_id"], ["control_lots.id"], name=op.f("fk_control_runs_control_lot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_runs")),
    )
    op.create_index(
        op.f("ix_control_runs_control_lot_id_measured_at"),
        "control_runs",
        ["control_lot_id", "measured_at"],
        unique=False,
    )


def _create_rule_violations() -> None:
    op.create_table(
        "rule_violations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("parameter_id", sa.Uuid, nullable=False),
        sa.Column("instrument", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_by", sa.Uuid),
        sa.Column("action", sa.String),
        sa.CheckConstraint(
            "severity IN ('warning', 'rejection')", name=op.f("ck_rule_violations_severity")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["test_parameters.id"], name=op.f("fk_rule_violations_parameter_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["control_runs.id"], name=op.f("fk_rule_violations_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_violations")),
    )
    op.create_index(
        "ix_rule_violations_open",
        "rule_violations",
        ["parameter_id", "instrument"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
