"""Records, treatment relations, break-glass, consents.

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


def upgrade() -> None:
    """Creates the tables."""
    _create_records()
    _create_relations()
    _create_break_glass()
    _create_consents()


def downgrade() -> None:
    """Drops them."""
    for table in ("consents", "break_glass_accesses", "treatment_relations", "medical_records"):
        op.drop_table(table)


def _create_records() -> None:
    op.create_table(
        "medical_records",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_medical_records"),
        sa.UniqueConstraint("patient_id", name="uq_medical_records_patient_id"),
    )


def _create_relations() -> None:
    op.create_table(
        "treatment_relations",
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(
            "patient_id", "practitioner_id", "kind", "source_id", name="pk_treatment_relations"
        ),
        sa.CheckConstraint("kind IN ('encounter', 'appointment', 'order')", name="kind"),
    )
    op.create_index(
        "ix_treatment_relations_kind_source_id", "treatment_relations", ["kind", "source_id"]
    )


def _create_break_glass() -> None:
    op.create_table(
        "break_glass_accesses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_role", sa.String, nullable=False),
        sa.Column("reason_code", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("reviewed_at", INSTANT),
        sa.Column("reviewed_by", sa.Uuid),
        sa.Column("verdict", sa.String),
        sa.Column("note", sa.String),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_break_glass_accesses"),
        sa.CheckConstraint("verdict IN ('justified', 'not-justified')", name="verdict"),
        sa.CheckConstraint(
            "expires_at <= started_at + interval '60 minutes'", name="at_most_an_hour"
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (verdict IS NULL)", name="reviewed_with_verdict"
        ),
    )
    for name, columns in (
        ("patient_id_practitioner_id_expires_at", ["patient_id", "practitioner_id", "expires_at"]),
        ("started_at_id", ["started_at", "id"]),
    ):
        op.create_index(f"ix_break_glass_accesses_{name}", "break_glass_accesses", columns)
    op.create_index(
        "ix_break_glass_accesses_open",
        "break_glass_accesses",
        ["started_at", "id"],
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )


def _create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("provision", sa.String, nullable=False),
        sa.Column("practitioner_id", sa.Uuid),
        sa.Column("role", sa.String),
        sa.Column("kinds", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.CheckConstraint("status IN ('active', 'inactive', 'entered-in-error')", name="status"),
        sa.CheckConstraint("provision IN ('deny', 'permit')", name="provision"),
        sa.CheckConstraint("practitioner_id IS NULL OR role IS NULL", name="one_actor"),
        sa.CheckConstraint("ends_at > starts_at", name="period"),
    )
    op.create_index(
        "ix_consents_patient_id_recorded_at_id", "consents", ["patient_id", "recorded_at", "id"]
    )
    op.create_index(
        "ix_consents_active",
        "consents",
        ["patient_id"],
        postgresql_where=sa.text("status = 'active'"),
    )
