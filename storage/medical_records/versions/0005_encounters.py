"""Terminology, encounters, notes.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, TSVECTOR

from storage.medical_records.entry_migration import create_entry_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATUSES = (
    "'planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', "
    "'entered-in-error', 'unknown'"
)
IN_HOUSE = "class_code IN ('IMP', 'ACUTE', 'NONAC') AND status IN ('in-progress', 'onleave')"
SIGNED = "(signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (digest IS NULL)"


def upgrade() -> None:
    """Creates the tables."""
    _create_concepts()
    _create_encounters()
    _create_orders()
    _create_notes()


def downgrade() -> None:
    """Drops them."""
    for table in ("notes", "encounter_orders", "encounters", "terminology_releases", "concepts"):
        op.drop_table(table)


def _create_concepts() -> None:
    op.create_table(
        "concepts",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("display_en", sa.String, nullable=False),
        sa.Column("display_vi", sa.String),
        sa.Column("leaf", sa.Boolean, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("code_key", sa.String(collation="C"), nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
    )
    op.create_index("ix_concepts_words", "concepts", ["words"], postgresql_using="gin")
    op.create_index("ix_concepts_code_key", "concepts", ["system", "code_key"])
    op.create_index("ix_concepts_weight", "concepts", ["system", "weight", "code"])
    op.create_table(
        "terminology_releases",
        sa.Column("release", sa.String, primary_key=True),
        sa.Column("loaded_at", TIMESTAMP(timezone=True), nullable=False),
    )


def _create_encounters() -> None:
    create_entry_table(
        op,
        "encounters",
        sa.Column("status", sa.String, nullable=False),
        sa.Column("class_code", sa.String, nullable=False),
        sa.Column("type_text", sa.String),
        sa.Column("priority", sa.String),
        sa.Column("opened_as", sa.String, nullable=False),
        sa.Column("start", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("end", TIMESTAMP(timezone=True)),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("participants", JSONB, nullable=False),
        sa.Column("location_text", sa.String),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("admit_source", sa.String),
        sa.Column("discharge_disposition", sa.String),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="status"),
        sa.CheckConstraint('"end" IS NULL OR "end" >= start', name="period"),
        sa.CheckConstraint(
            "(status = 'entered-in-error') = (voided_at IS NOT NULL)", name="voided_status"
        ),
        order="start",
    )
    op.create_index(
        "uq_encounters_admission",
        "encounters",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text(IN_HOUSE),
    )


def _create_orders() -> None:
    op.create_table(
        "encounter_orders",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("encounter_id", sa.Uuid),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "ix_encounter_orders_open",
        "encounter_orders",
        ["encounter_id"],
        postgresql_where=sa.text("open"),
    )


def _create_notes() -> None:
    create_entry_table(
        op,
        "notes",
        sa.Column("status", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("sections", JSONB, nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("notes.id")),
        sa.Column("signed_at", TIMESTAMP(timezone=True)),
        sa.Column("signed_by", sa.Uuid),
        sa.Column("digest", sa.String),
        sa.CheckConstraint(
            "status IN ('preliminary', 'final', 'amended', 'entered-in-error')", name="status"
        ),
        sa.CheckConstraint(SIGNED, name="signed"),
        sa.CheckConstraint(
            "status NOT IN ('final', 'amended') OR signed_at IS NOT NULL", name="signed_status"
        ),
        sa.CheckConstraint("parent_id IS NULL OR signed_at IS NOT NULL", name="addendum"),
    )
    op.create_index(
        "ix_notes_drafts",
        "notes",
        ["encounter_id"],
        postgresql_where=sa.text("status = 'preliminary'"),
    )
    op.create_index(
        "ix_notes_parent_id",
        "notes",
        ["parent_id"],
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
