"""Insurers, their plans, coverages, and what policies have used up.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
MONEY = sa.BigInteger

TABLES = (
    "insurance_providers",
    "insurance_plans",
    "coverages",
    "benefit_accumulators",
    "eligibility_checks",
    "payer_shares",
)


def upgrade() -> None:
    """Creates the tables."""
    _create_insurance_providers()
    _create_insurance_plans()
    _create_coverages()
    _create_benefit_accumulators()
    _create_eligibility_checks()
    _create_payer_shares()


def downgrade() -> None:
    """Drops them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_insurance_providers() -> None:
    op.create_table(
        "insurance_providers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_insurance_providers"),
        sa.UniqueConstraint("code", name="uq_insurance_providers_code"),
    )


def _create_insurance_plans() -> None:
    op.create_table(
        "insurance_plans",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payer_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("benefits", postgresql.JSONB, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["insurance_providers.id"], name="fk_insurance_plans_payer_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_insurance_plans"),
        sa.UniqueConstraint("payer_id", "code", name="uq_insurance_plans_payer_id_code"),
    )


def _create_coverages() -> None:
    op.create_table(
        "coverages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("plan_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("member_id", sa.String, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("last_name", sa.String, nullable=False),
        sa.Column("first_name", sa.String, nullable=False),
        sa.Column("birth_date", sa.Date, nullable=False),
        sa.Column("sex", sa.String, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.column("position"), "="),
            (sa.literal_column("daterange(starts_on, ends_on, '[]')"), "&&"),
            where=sa.text("status <> 'entered-in-error'"),
            using="gist",
            name="coverages_do_not_overlap",
        ),
        sa.CheckConstraint("sex IN ('M', 'F', 'U')", name="sex"),
        sa.CheckConstraint("status IN ('active', 'cancelled', 'entered-in-error')", name="status"),
        sa.CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="ordered"),
        sa.CheckConstraint("position BETWEEN 1 AND 3", name="position"),
        sa.ForeignKeyConstraint(["plan_id"], ["insurance_plans.id"], name="fk_coverages_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_coverages"),
    )
    op.create_index("ix_coverages_plan_id", "coverages", ["plan_id"])


def _create_benefit_accumulators() -> None:
    op.create_table(
        "benefit_accumulators",
        sa.Column("coverage_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("deductible", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("own", MONEY, nullable=False),
        sa.CheckConstraint("deductible >= 0 AND paid >= 0 AND own >= 0", name="no_negative"),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name="fk_benefit_accumulators_coverage_id"
        ),
        sa.PrimaryKeyConstraint("coverage_id", "year", name="pk_benefit_accumulators"),
    )


def _create_eligibility_checks() -> None:
    op.create_table(
        "eligibility_checks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("coverage_id", sa.Uuid, nullable=False),
        sa.Column("service_day", sa.Date, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("inforce", sa.Boolean),
        sa.Column("reason", sa.String),
        sa.Column("remaining", MONEY),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.CheckConstraint("outcome IN ('queued', 'complete', 'error')", name="outcome"),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name="fk_eligibility_checks_coverage_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_eligibility_checks"),
    )
    op.create_index(
        "ix_eligibility_checks_coverage_id_id", "eligibility_checks", ["coverage_id", "id"]
    )


def _create_payer_shares() -> None:
    op.create_table(
        "payer_shares",
        sa.Column("invoice_id", sa.Uuid, nullable=False),
        sa.Column("coverage_id", sa.Uuid, nullable=False),
        sa.Column("payer_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("expected", MONEY, nullable=False),
        sa.Column("settled", MONEY, nullable=False),
        sa.Column("written_off", MONEY, nullable=False),
        sa.Column("deductible", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("own", MONEY, nullable=False),
        sa.CheckConstraint("expected >= 0", name="no_negative"),
        sa.CheckConstraint("settled BETWEEN 0 AND expected", name="settled"),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name="fk_payer_shares_coverage_id"
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_payer_shares_invoice_id"),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["insurance_providers.id"], name="fk_payer_shares_payer_id"
        ),
        sa.PrimaryKeyConstraint("invoice_id", "coverage_id", name="pk_payer_shares"),
    )
    op.create_index("ix_payer_shares_coverage_id_year", "payer_shares", ["coverage_id", "year"])
