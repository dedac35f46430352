"""Vital signs, immunizations, search.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.medical_records.entry_migration import INSTANT, create_entry_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FOLD = """
CREATE FUNCTION fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary, normalize(words, NFC)))
"""
"""Without accents and in lower case; unaccent alone counts as stable, for its rules are a file."""


def upgrade() -> None:
    """Creates the tables."""
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(FOLD)
    _create_observations()
    _create_immunizations()


def downgrade() -> None:
    """Drops them; the extensions stay, others may use them."""
    op.drop_table("immunizations")
    op.drop_table("observations")
    op.execute("DROP FUNCTION fold(text)")


def _create_observations() -> None:
    create_entry_table(
        op,
        "observations",
        *_coded(),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("effective_at", INSTANT, nullable=False),
        sa.Column("value", sa.Numeric),
        sa.Column("unit", sa.String),
        sa.Column("value_given", sa.Numeric),
        sa.Column("unit_given", sa.String),
        sa.Column("answer", postgresql.JSONB),
        sa.Column("components", postgresql.JSONB, nullable=False),
        sa.Column("round_id", sa.Uuid),
        sa.Column("derived", sa.Boolean, nullable=False),
        sa.Column("note", sa.String),
        *_checks(_OBSERVATION_CHECKS),
        order="effective_at",
    )
    op.create_index(
        "ix_observations_latest",
        "observations",
        ["patient_id", "code", "effective_at", "id"],
        postgresql_where=sa.text("voided_at IS NULL"),
    )


def _create_immunizations() -> None:
    create_entry_table(
        op,
        "immunizations",
        *_coded(),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("primary_source", sa.Boolean, nullable=False),
        sa.Column("lot_number", sa.String),
        sa.Column("expires_on", sa.Date),
        sa.Column("dose_quantity", sa.Numeric),
        sa.Column("dose_unit", sa.String),
        sa.Column("site", sa.String),
        sa.Column("route", sa.String),
        sa.Column("dose_number", sa.Integer),
        sa.Column("series_doses", sa.Integer),
        sa.Column("performer_id", sa.Uuid),
        sa.Column("note", sa.String),
        *_checks(_IMMUNIZATION_CHECKS),
        order="occurred_at",
    )


_OBSERVATION_CHECKS = {
    "status": "status IN ('registered', 'preliminary', 'final', 'amended', 'corrected',"
    " 'cancelled', 'entered-in-error', 'unknown')",
    "category": "category IN ('vital-signs', 'laboratory', 'exam')",
    "quantity": "(value IS NULL) = (unit IS NULL) AND (value_given IS NULL) = (unit_given IS NULL)",
}
_IMMUNIZATION_CHECKS = {
    "status": "status IN ('completed', 'not-done', 'entered-in-error')",
    "reason": "status <> 'not-done' OR status_reason IS NOT NULL",
    "dose_quantity": "dose_quantity > 0",
    "series": "dose_number >= 1 AND series_doses >= dose_number",
}


def _coded() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("code_system", sa.String),
        sa.Column("code", sa.String),
        sa.Column("code_display", sa.String),
        sa.Column("code_text", sa.String, nullable=False),
        sa.CheckConstraint("(code IS NULL) = (code_system IS NULL)", name="coded"),
    ]


def _checks(checks: dict[str, str]) -> list[sa.schema.SchemaItem]:
    return [sa.CheckConstraint(rule, name=name) for name, rule in checks.items()]
