"""Entries of the chart and their versions.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from storage.medical_records.entry_migration import INSTANT, create_entry_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of entries are never changed or deleted';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON entry_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Creates the tables."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _create_entry_versions()
    _create_conditions()
    _create_allergies()
    _create_medication_statements()
    _create_treatments()
    _create_medical_histories()


def downgrade() -> None:
    """Drops them; the extension stays, others may use it."""
    for table in (
        "medical_histories",
        "care_plans",
        "procedures",
        "prescription_ends",
        "medication_statements",
        "allergies",
        "conditions",
        "entry_versions",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")


def _create_entry_versions() -> None:
    op.create_table(
        "entry_versions",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Uuid, nullable=False),
        sa.Column("by_role", sa.String, nullable=False),
        sa.Column("move", sa.String, nullable=False),
        sa.Column("snapshot", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "version", name="pk_entry_versions"),
    )
    op.execute(APPEND_ONLY)


def _coded() -> tuple[SchemaItem, ...]:
    return (
        sa.Column("code_system", sa.String),
        sa.Column("code", sa.String),
        sa.Column("code_display", sa.String),
        sa.Column("code_text", sa.String, nullable=False),
        sa.CheckConstraint("(code IS NULL) = (code_system IS NULL)", name="coded"),
    )


def _create_conditions() -> None:
    create_entry_table(
        op,
        "conditions",
        *_coded(),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("clinical_status", sa.String),
        sa.Column("verification_status", sa.String, nullable=False),
        sa.Column("severity", sa.String),
        sa.Column("onset_on", sa.Date),
        sa.Column("onset_text", sa.String),
        sa.Column("abated_on", sa.Date),
        sa.Column("abatement_text", sa.String),
        sa.Column("rank", sa.Integer),
        sa.Column("note", sa.String),
        *_condition_checks(),
    )


def _condition_checks() -> list[sa.CheckConstraint]:
    checks = {
        "category": "category IN ('problem-list-item', 'encounter-diagnosis')",
        "clinical_status": "clinical_status IN "
        "('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')",
        "verification_status": "verification_status IN ('unconfirmed', 'provisional',"
        " 'differential', 'confirmed', 'refuted', 'entered-in-error')",
        "con_3": "verification_status = 'entered-in-error' OR category <> 'problem-list-item'"
        " OR clinical_status IS NOT NULL",
        "con_4": "(abated_on IS NULL AND abatement_text IS NULL)"
        " OR coalesce(clinical_status, 'resolved') IN ('inactive', 'remission', 'resolved')",
        "con_5": "verification_status <> 'entered-in-error' OR clinical_status IS NULL",
        "refuted": "verification_status <> 'refuted'"
        " OR clinical_status NOT IN ('active', 'recurrence', 'relapse')",
        "severity": "severity IN ('mild', 'moderate', 'severe')",
        "rank": "rank >= 1",
        "abated_on": "abated_on >= onset_on",
    }
    return _checks(checks)


def _checks(checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=name) for name, rule in checks.items()]


def _create_allergies() -> None:
    create_entry_table(
        op,
        "allergies",
        *_coded(),
        sa.Column("clinical_status", sa.String),
        sa.Column("verification_status", sa.String, nullable=False),
        sa.Column("no_known", sa.Boolean, nullable=False),
        sa.Column("type", sa.String),
        sa.Column("categories", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("criticality", sa.String),
        sa.Column("onset_on", sa.Date),
        sa.Column("reactions", postgresql.JSONB, nullable=False),
        sa.Column("note", sa.String),
        *_allergy_checks(),
        postgresql.ExcludeConstraint(
            ("patient_id", "="),
            (sa.text("(no_known::integer)"), "<>"),
            where=sa.text("clinical_status = 'active'"),
            name="ex_allergies_no_known",
        ),
    )
    op.create_index(
        "uq_allergies_no_known",
        "allergies",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("no_known AND clinical_status = 'active'"),
    )


def _allergy_checks() -> list[sa.CheckConstraint]:
    checks = {
        "clinical_status": "clinical_status IN ('active', 'inactive', 'resolved')",
        "verification_status": "verification_status IN"
        " ('unconfirmed', 'confirmed', 'refuted', 'entered-in-error')",
        "ait": "(verification_status = 'entered-in-error') = (clinical_status IS NULL)",
        "refuted": "verification_status <> 'refuted' OR clinical_status <> 'active'",
        "type": "type IN ('allergy', 'intolerance')",
        "categories": "categories <@ ARRAY['food', 'medication', 'environment', 'biologic']",
        "criticality": "criticality IN ('low', 'high', 'unable-to-assess')",
    }
    return _checks(checks)


def _create_medication_statements() -> None:
    checks = {
        "status": "status IN ('active', 'completed', 'entered-in-error', 'intended', 'stopped',"
        " 'on-hold', 'unknown', 'not-taken')",
        "information_source": "information_source IN"
        " ('patient', 'related', 'practitioner', 'pharmacy')",
        "ended_on": "ended_on >= started_on",
    }
    create_entry_table(
        op,
        "medication_statements",
        *_coded(),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("dosage_text", sa.String),
        sa.Column("dosage", postgresql.JSONB),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
        sa.Column("information_source", sa.String, nullable=False),
        sa.Column("prescription_id", sa.Uuid),
        sa.Column("prescription_item_id", sa.Uuid),
        sa.Column("note", sa.String),
        *_checks(checks),
    )
    for name, unique in (("prescription_item_id", True), ("prescription_id", False)):
        op.create_index(
            f"{'uq' if unique else 'ix'}_medication_statements_{name}",
            "medication_statements",
            [name],
            unique=unique,
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    op.create_table(
        "prescription_ends",
        sa.Column("prescription_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("taken_until", INSTANT),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("prescription_id", name="pk_prescription_ends"),
    )


def _create_treatments() -> None:
    performed = {
        "status": "status IN ('preparation', 'in-progress', 'not-done', 'on-hold', 'stopped',"
        " 'completed', 'entered-in-error', 'unknown')",
        "performed_until": "performed_until >= performed_from",
    }
    create_entry_table(
        op,
        "procedures",
        *_coded(),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("performed_from", INSTANT),
        sa.Column("performed_until", INSTANT),
        sa.Column("performer_id", sa.Uuid),
        sa.Column("body_site", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("outcome", sa.String),
        sa.Column("note", sa.String),
        *_checks(performed),
    )
    planned = {
        "status": "status IN ('draft', 'active', 'on-hold', 'revoked', 'completed',"
        " 'entered-in-error', 'unknown')",
        "ends_on": "ends_on >= starts_on",
    }
    create_entry_table(
        op,
        "care_plans",
        sa.Column("status", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("description", sa.String),
        sa.Column("starts_on", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.Column("goals", postgresql.JSONB, nullable=False),
        sa.Column("activities", postgresql.JSONB, nullable=False),
        sa.Column("note", sa.String),
        *_checks(planned),
    )


def _create_medical_histories() -> None:
    checks = {
        "kind": "kind IN ('family', 'social', 'surgical', 'obstetric')",
        "status": "status IN ('partial', 'completed', 'entered-in-error', 'health-unknown')",
        "relationship": "(kind = 'family') = (relationship IS NOT NULL)",
        "onset_age_years": "onset_age_years BETWEEN 0 AND 130",
    }
    create_entry_table(
        op,
        "medical_histories",
        *_coded(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("relationship", sa.String),
        sa.Column("value", sa.String),
        sa.Column("onset_age_years", sa.Integer),
        sa.Column("deceased", sa.Boolean),
        sa.Column("occurred_on", sa.Date),
        sa.Column("note", sa.String),
        *_checks(checks),
    )
