"""Results in versions, their values, what is held.

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
    """Creates the tables."""
    _create_test_results()
    _create_parameter_results()
    _create_held_results()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "held_results",
        "parameter_results",
        "test_results",
    ):
        op.drop_table(table)


def _create_test_results() -> None:
    op.create_table(
        "test_results",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("test_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("instrument", sa.String),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("accepted_by", sa.Uuid),
        sa.Column("accepted_at", INSTANT),
        sa.Column("verified_by", sa.Uuid),
        sa.Column("verified_at", INSTANT),
        sa.Column("verified_how", sa.String),
        sa.Column("released_by", sa.Uuid),
        sa.Column("released_at", INSTANT),
        sa.Column("reason", sa.String),
        sa.Column("comment", sa.String),
        sa.CheckConstraint(
            "released_by IS NULL OR released_by <> entered_by OR verified_how = 'auto'",
            name=op.f("ck_test_results_two_people"),
        ),
        sa.CheckConstraint(
            "source IN ('hand', 'file', 'hl7', 'import')", name=op.f("ck_test_results_source")
        ),
        sa.CheckConstraint(
            "status IN ('preliminary', 'final', 'corrected', 'amended', 'cancelled')",
            name=op.f("ck_test_results_status"),
        ),
        sa.CheckConstraint(
            "verified_how IN ('auto', 'person')", name=op.f("ck_test_results_verified_how")
        ),
        sa.ForeignKeyConstraint(
            ["test_id"], ["lab_tests.id"], name=op.f("fk_test_results_test_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_results")),
    )
    op.create_index(
        op.f("ix_test_results_test_id_version"), "test_results", ["test_id", "version"], unique=True
    )
    op.create_index(
        "uq_test_results_current",
        "test_results",
        ["test_id"],
        unique=True,
        postgresql_where=sa.text("current"),
    )


def _create_parameter_results() -> None:
    op.create_table(
        "parameter_results",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("result_id", sa.Uuid, nullable=False),
        sa.Column("test_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("parameter_id", sa.Uuid, nullable=False),
        sa.Column("value", sa.Numeric),
        sa.Column("comparator", sa.String),
        sa.Column("choice", sa.String),
        sa.Column("text", sa.String),
        sa.Column("unit", sa.String),
        sa.Column("sent_value", sa.String),
        sa.Column("sent_unit", sa.String),
        sa.Column("flag", sa.String),
        sa.Column("normal_low", sa.Numeric),
        sa.Column("normal_high", sa.Numeric),
        sa.Column("critical", sa.Boolean, nullable=False),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.CheckConstraint(
            "comparator IN ('<', '>')", name=op.f("ck_parameter_results_comparator")
        ),
        sa.CheckConstraint(
            "flag IN ('N', 'L', 'H', 'LL', 'HH', 'A')", name=op.f("ck_parameter_results_flag")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["test_parameters.id"], name=op.f("fk_parameter_results_parameter_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["test_results.id"], name=op.f("fk_parameter_results_result_id")
        ),
        sa.ForeignKeyConstraint(
            ["test_id"], ["lab_tests.id"], name=op.f("fk_parameter_results_test_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter_results")),
    )
    op.create_index(
        "ix_parameter_results_history",
        "parameter_results",
        ["patient_id", "parameter_id", "observed_at"],
        unique=False,
        postgresql_where=sa.text("current"),
    )
    op.create_index(
        op.f("ix_parameter_results_result_id_parameter_id"),
        "parameter_results",
        ["result_id", "parameter_id"],
        unique=True,
    )


def _create_held_results() -> None:
    op.create_table(
        "held_results",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("accession", sa.String),
        sa.Column("code", sa.String),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("detail", sa.String),
        sa.Column("payload", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("held_at", INSTANT, nullable=False),
        sa.Column("settled_by", sa.Uuid),
        sa.Column("settled_at", INSTANT),
        sa.Column("settled_note", sa.String),
        sa.CheckConstraint(
            "status IN ('held', 'placed', 'discarded')", name=op.f("ck_held_results_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_results")),
    )
    op.create_index(op.f("ix_held_results_source_id"), "held_results", ["source_id"], unique=False)
    op.create_index(
        op.f("ix_held_results_status_id"), "held_results", ["status", "id"], unique=False
    )
