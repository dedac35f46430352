"""Formulary, prescriptions, findings, every move.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
STATUSES = "'draft', 'active', 'on-hold', 'completed', 'stopped', 'cancelled', 'entered-in-error'"
FULFILMENTS = "'received', 'verified', 'queried', 'rejected', 'in-progress', 'completed'"


def upgrade() -> None:
    """Creates the tables."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_medications()
    _create_prescriptions()
    _create_items()
    _create_findings()
    _create_moves()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "prescription_moves",
        "prescription_findings",
        "prescription_items",
        "prescriptions",
        "medications",
    ):
        op.drop_table(table)
    op.execute("DROP EXTENSION IF EXISTS pg_trgm")


def _create_medications() -> None:
    op.create_table(
        "medications",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("brand_names", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("ingredients", postgresql.JSONB, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("rxnorm", sa.String),
        sa.Column("schedule", sa.String, nullable=False),
        sa.Column("dose_unit", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("units_each", sa.Numeric, nullable=False),
        sa.Column("pack_size", sa.Numeric, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("search_text", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_medications"),
        sa.UniqueConstraint("code", name="uq_medications_code"),
        sa.CheckConstraint(
            "schedule IN ('none', 'narcotic', 'psychotropic', 'precursor')", name="schedule"
        ),
        sa.CheckConstraint("pack_size > 0 AND units_each > 0", name="sizes"),
    )
    op.create_index(
        "ix_medications_search_text",
        "medications",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )


def _create_prescriptions() -> None:
    op.create_table(
        "prescriptions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("encounter_id", sa.Uuid),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("fulfilment", sa.String),
        sa.Column("controlled", sa.Boolean, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("replaced_by_id", sa.Uuid),
        sa.Column("renews_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("signed_at", INSTANT),
        sa.Column("valid_until", INSTANT),
        sa.Column("taken_until", INSTANT),
        sa.Column("verified_by", sa.Uuid),
        sa.Column("verified_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prescriptions"),
        *(
            sa.ForeignKeyConstraint([name], ["prescriptions.id"], name=f"fk_prescriptions_{name}")
            for name in ("replaces_id", "replaced_by_id", "renews_id")
        ),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="status"),
        sa.CheckConstraint(f"fulfilment IN ({FULFILMENTS})", name="fulfilment"),
        sa.CheckConstraint(
            "signed_at IS NOT NULL OR status IN ('draft', 'cancelled', 'entered-in-error')",
            name="signed",
        ),
    )
    op.create_index("ix_prescriptions_patient_id_id", "prescriptions", ["patient_id", "id"])
    op.create_index(
        "ix_prescriptions_practitioner_id_id", "prescriptions", ["practitioner_id", "id"]
    )
    op.create_index(
        "ix_prescriptions_worklist",
        "prescriptions",
        ["fulfilment", "id"],
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "ix_prescriptions_valid_until",
        "prescriptions",
        ["valid_until"],
        postgresql_where=sa.text("status IN ('active', 'on-hold')"),
    )


def _create_items() -> None:
    op.create_table(
        "prescription_items",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("prescription_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("dosage", postgresql.JSONB, nullable=False),
        sa.Column("dosage_en", sa.String, nullable=False),
        sa.Column("dosage_vi", sa.String, nullable=False),
        sa.Column("quantity", sa.Numeric, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("duration_days", sa.Integer),
        sa.Column("course", sa.String, nullable=False),
        sa.Column("substitution_allowed", sa.Boolean, nullable=False),
        sa.Column("substitution_reason", sa.String),
        sa.Column("parallel_reason", sa.String),
        sa.PrimaryKeyConstraint("id", name="pk_prescription_items"),
        sa.ForeignKeyConstraint(
            ["prescription_id"],
            ["prescriptions.id"],
            name="fk_prescription_items_prescription_id",
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_prescription_items_medication_id"
        ),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("repeats >= 0", name="repeats"),
        sa.CheckConstraint("duration_days > 0", name="duration_days"),
    )
    op.create_index(
        "ix_prescription_items_prescription_id_position",
        "prescription_items",
        ["prescription_id", "position"],
        unique=True,
    )
    op.create_index("ix_prescription_items_medication_id", "prescription_items", ["medication_id"])


def _create_findings() -> None:
    op.create_table(
        "prescription_findings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("prescription_id", sa.Uuid, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("items", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("substances", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("texts", postgresql.JSONB, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("data_version", sa.String, nullable=False),
        sa.Column("override_reason", sa.String),
        sa.Column("override_note", sa.String),
        sa.Column("by", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prescription_findings"),
        sa.ForeignKeyConstraint(
            ["prescription_id"],
            ["prescriptions.id"],
            name="fk_prescription_findings_prescription_id",
        ),
        sa.CheckConstraint("stage IN ('signing', 'resuming', 'dispensing')", name="stage"),
    )
    op.create_index(
        "ix_prescription_findings_prescription_id", "prescription_findings", ["prescription_id"]
    )
    op.create_index("ix_prescription_findings_code_at", "prescription_findings", ["code", "at"])


def _create_moves() -> None:
    op.create_table(
        "prescription_moves",
        sa.Column("prescription_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("move", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("fulfilment", sa.String),
        sa.Column("reason_code", sa.String),
        sa.Column("text", sa.String),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("actor_role", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("prescription_id", "version", name="pk_prescription_moves"),
        sa.ForeignKeyConstraint(
            ["prescription_id"],
            ["prescriptions.id"],
            name="fk_prescription_moves_prescription_id",
        ),
    )
