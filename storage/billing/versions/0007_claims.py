"""Claims, remittances, and the queue of the work with payers.

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
MONEY = sa.BigInteger
SEQUENCES = ("interchange_control_numbers", "claim_numbers")
TABLES = (
    "billing_jobs",
    "remittances",
    "insurance_claims",
    "claim_lines",
    "claim_moves",
    "interchanges",
    "remittance_claims",
)


def upgrade() -> None:
    """Creates the tables."""
    for name in SEQUENCES:
        op.execute(f"CREATE SEQUENCE {name}")
    _create_billing_jobs()
    _create_remittances()
    _create_insurance_claims()
    _create_claim_lines()
    _create_claim_moves()
    _create_interchanges()
    _create_remittance_claims()


def downgrade() -> None:
    """Drops them."""
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in SEQUENCES:
        op.execute(f"DROP SEQUENCE {name}")


def _create_billing_jobs() -> None:
    op.create_table(
        "billing_jobs",
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
        sa.CheckConstraint("kind IN ('submit', 'ask', 'check', 'collect')", name="kind"),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'failed')", name="status"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_jobs"),
    )
    op.create_index(
        "ix_billing_jobs_waiting",
        "billing_jobs",
        ["urgency", "due_at", "id"],
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index(
        "uq_billing_jobs_waiting_object",
        "billing_jobs",
        ["kind", "object_id"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _create_remittances() -> None:
    op.create_table(
        "remittances",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payer_id", sa.Uuid, nullable=False),
        sa.Column("trace_number", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("withheld", MONEY, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("paid_on", sa.Date, nullable=False),
        sa.Column("posted_by", sa.Uuid, nullable=False),
        sa.Column("posted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["insurance_providers.id"], name="fk_remittances_payer_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_remittances"),
        sa.UniqueConstraint(
            "payer_id", "trace_number", "amount", name="uq_remittances_payer_id_trace_number_amount"
        ),
    )
    op.create_index("ix_remittances_posted_at_id", "remittances", ["posted_at", "id"])


def _create_insurance_claims() -> None:
    op.create_table(
        "insurance_claims",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("use", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("frequency", sa.String, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("invoice_id", sa.Uuid),
        sa.Column("coverage_id", sa.Uuid, nullable=False),
        sa.Column("payer_id", sa.Uuid, nullable=False),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("diagnoses", postgresql.JSONB, nullable=False),
        sa.Column("preauthorization", sa.String),
        sa.Column("payer_claim_number", sa.String),
        sa.Column("outcome", sa.String),
        sa.Column("reasons", postgresql.JSONB, nullable=False),
        sa.Column("charge", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("patient", MONEY, nullable=False),
        sa.Column("written_off", MONEY, nullable=False),
        sa.Column("disputed", MONEY, nullable=False),
        sa.Column("covered_by_others", MONEY, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("frequency IN ('1', '7', '8')", name="frequency"),
        sa.CheckConstraint("outcome IN ('complete', 'partial', 'denied')", name="outcome"),
        sa.CheckConstraint(
            "status IN ('draft', 'queued', 'submitted', 'accepted', 'rejected', 'adjudicated',"
            " 'appealed', 'paid', 'closed', 'cancelled')",
            name="status",
        ),
        sa.CheckConstraint(
            "\"use\" = 'preauthorization' OR outcome IS NULL OR"
            " paid + patient + written_off + disputed + covered_by_others = charge",
            name="answer",
        ),
        sa.CheckConstraint("\"use\" IN ('claim', 'preauthorization')", name="use"),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name="fk_insurance_claims_coverage_id"
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name="fk_insurance_claims_invoice_id"
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["insurance_providers.id"], name="fk_insurance_claims_payer_id"
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["insurance_claims.id"], name="fk_insurance_claims_replaces_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_insurance_claims"),
        sa.UniqueConstraint("number", name="uq_insurance_claims_number"),
    )
    op.create_index("ix_insurance_claims_patient_id_id", "insurance_claims", ["patient_id", "id"])
    op.create_index(
        "ix_insurance_claims_payer_id_status", "insurance_claims", ["payer_id", "status"]
    )
    op.create_index("ix_insurance_claims_status_id", "insurance_claims", ["status", "id"])
    op.create_index(
        "uq_insurance_claims_live",
        "insurance_claims",
        ["invoice_id", "coverage_id"],
        unique=True,
        postgresql_where=sa.text(
            "\"use\" = 'claim' AND replaces_id IS NULL AND status NOT IN ('cancelled', 'rejected')"
        ),
    )
    op.create_index(
        "uq_insurance_claims_replaces_id",
        "insurance_claims",
        ["replaces_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('cancelled', 'rejected')"),
    )


def _create_claim_lines() -> None:
    op.create_table(
        "claim_lines",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("invoice_line_id", sa.Uuid),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("service_day", sa.Date, nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("charge", MONEY, nullable=False),
        sa.Column("paid", MONEY),
        sa.Column("adjustments", postgresql.JSONB, nullable=False),
        sa.CheckConstraint("charge >= 0 AND quantity > 0", name="positive"),
        sa.CheckConstraint("paid BETWEEN 0 AND charge", name="paid"),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["insurance_claims.id"], name="fk_claim_lines_claim_id"
        ),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"], ["invoice_lines.id"], name="fk_claim_lines_invoice_line_id"
        ),
        sa.PrimaryKeyConstraint("claim_id", "position", name="pk_claim_lines"),
    )


def _create_claim_moves() -> None:
    op.create_table(
        "claim_moves",
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("move", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["insurance_claims.id"], name="fk_claim_moves_claim_id"
        ),
        sa.PrimaryKeyConstraint("claim_id", "version", name="pk_claim_moves"),
    )


def _create_interchanges() -> None:
    op.create_table(
        "interchanges",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("control_number", sa.String, nullable=False),
        sa.Column("claim_version", sa.Integer),
        sa.Column("error", sa.String),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["insurance_claims.id"], name="fk_interchanges_claim_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_interchanges"),
    )
    op.create_index("ix_interchanges_claim_id_id", "interchanges", ["claim_id", "id"])
    op.create_index(
        "uq_interchanges_sent",
        "interchanges",
        ["control_number"],
        unique=True,
        postgresql_where=sa.text("kind = '837P'"),
    )


def _create_remittance_claims() -> None:
    op.create_table(
        "remittance_claims",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("remittance_id", sa.Uuid, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["insurance_claims.id"], name="fk_remittance_claims_claim_id"
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittances.id"], name="fk_remittance_claims_remittance_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_remittance_claims"),
        sa.UniqueConstraint(
            "remittance_id", "claim_id", name="uq_remittance_claims_remittance_id_claim_id"
        ),
    )
    op.create_index("ix_remittance_claims_claim_id", "remittance_claims", ["claim_id"])
