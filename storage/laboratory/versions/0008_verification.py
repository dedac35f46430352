"""Automatic verification.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_verification_modes()
    _create_assessments()
    _create_rule_verdicts()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "rule_verdicts",
        "assessments",
        "verification_modes",
    ):
        op.drop_table(table)


def _create_verification_modes() -> None:
    op.create_table(
        "verification_modes",
        sa.Column("test_type_id", sa.Uuid, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "mode IN ('off', 'shadow', 'live')", name=op.f("ck_verification_modes_mode")
        ),
        sa.ForeignKeyConstraint(
            ["test_type_id"], ["test_types.id"], name=op.f("fk_verification_modes_test_type_id")
        ),
        sa.PrimaryKeyConstraint("test_type_id", name=op.f("pk_verification_modes")),
    )


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("result_id", sa.Uuid, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["test_results.id"], name=op.f("fk_assessments_result_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    op.create_index(op.f("ix_assessments_result_id"), "assessments", ["result_id"], unique=False)


def _create_rule_verdicts() -> None:
    op.create_table(
        "rule_verdicts",
        sa.Column("assessment_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("detail", sa.String),
        sa.CheckConstraint(
            "outcome IN ('pass', 'fail', 'not-applicable')", name=op.f("ck_rule_verdicts_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name=op.f("fk_rule_verdicts_assessment_id")
        ),
        sa.PrimaryKeyConstraint("assessment_id", "position", name=op.f("pk_rule_verdicts")),
    )
