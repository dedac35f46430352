"""The catalogue: tests, panels, parameters, limits.

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
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_test_types()
    _create_panel_members()
    _create_test_parameters()
    _create_reference_limits()
    _create_catalogue_releases()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "catalogue_releases",
        "reference_limits",
        "test_parameters",
        "panel_members",
        "test_types",
    ):
        op.drop_table(table)
    op.execute("DROP EXTENSION IF EXISTS pg_trgm")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")


def _create_test_types() -> None:
    op.create_table(
        "test_types",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("loinc", sa.String),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("department", sa.String, nullable=False),
        sa.Column("specimen", sa.String, nullable=False),
        sa.Column("container", sa.String, nullable=False),
        sa.Column("minimum_ul", sa.Integer, nullable=False),
        sa.Column("stability_minutes", sa.Integer, nullable=False),
        sa.Column("turnaround_minutes", postgresql.JSONB, nullable=False),
        sa.Column("sensitive", sa.Boolean, nullable=False),
        sa.Column("release_delay_hours", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("kind IN ('test', 'panel')", name=op.f("ck_test_types_kind")),
        sa.CheckConstraint(
            "specimen IN ('whole-blood', 'serum', 'plasma', 'urine', 'csf', 'stool',"
            " 'swab', 'sputum', 'fluid')",
            name=op.f("ck_test_types_specimen"),
        ),
        sa.CheckConstraint(
            "release_delay_hours >= 0", name=op.f("ck_test_types_release_delay_hours")
        ),
        sa.CheckConstraint("stability_minutes > 0", name=op.f("ck_test_types_stability_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_types")),
        sa.UniqueConstraint("code", name=op.f("uq_test_types_code")),
    )


def _create_panel_members() -> None:
    op.create_table(
        "panel_members",
        sa.Column("panel_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("test_type_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["test_types.id"], name=op.f("fk_panel_members_panel_id")
        ),
        sa.ForeignKeyConstraint(
            ["test_type_id"], ["test_types.id"], name=op.f("fk_panel_members_test_type_id")
        ),
        sa.PrimaryKeyConstraint("panel_id", "position", name=op.f("pk_panel_members")),
    )


def _create_test_parameters() -> None:
    op.create_table(
        "test_parameters",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("test_type_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("loinc", sa.String),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("unit", sa.String),
        sa.Column("decimals", sa.Integer, nullable=False),
        sa.Column("choices", postgresql.JSONB, nullable=False),
        sa.Column("plausible_low", sa.Numeric),
        sa.Column("plausible_high", sa.Numeric),
        sa.Column("reporting_low", sa.Numeric),
        sa.Column("reporting_high", sa.Numeric),
        sa.Column("delta_absolute", sa.Numeric),
        sa.Column("delta_percent", sa.Numeric),
        sa.Column("delta_hours", sa.Integer),
        sa.Column("formula", sa.String),
        sa.CheckConstraint(
            "(formula IS NOT NULL) = (kind = 'calculated')", name=op.f("ck_test_parameters_formula")
        ),
        sa.CheckConstraint(
            "kind IN ('numeric', 'coded', 'text', 'calculated')",
            name=op.f("ck_test_parameters_kind"),
        ),
        sa.CheckConstraint("decimals BETWEEN 0 AND 6", name=op.f("ck_test_parameters_decimals")),
        sa.CheckConstraint(
            "plausible_low < plausible_high", name=op.f("ck_test_parameters_plausible")
        ),
        sa.CheckConstraint(
            "reporting_low < reporting_high", name=op.f("ck_test_parameters_reporting")
        ),
        sa.ForeignKeyConstraint(
            ["test_type_id"], ["test_types.id"], name=op.f("fk_test_parameters_test_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_parameters")),
        sa.UniqueConstraint("code", name=op.f("uq_test_parameters_code")),
    )
    op.create_index(op.f("ix_test_parameters_loinc"), "test_parameters", ["loinc"], unique=False)
    op.create_index(
        op.f("ix_test_parameters_test_type_id_position"),
        "test_parameters",
        ["test_type_id", "position"],
        unique=True,
    )


def _create_reference_limits() -> None:
    op.create_table(
        "reference_limits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("parameter_id", sa.Uuid, nullable=False),
        sa.Column("sex", sa.String, nullable=False),
        sa.Column("age_days", postgresql.INT4RANGE, nullable=False),
        sa.Column("normal_low", sa.Numeric),
        sa.Column("normal_high", sa.Numeric),
        sa.Column("critical_low", sa.Numeric),
        sa.Column("critical_high", sa.Numeric),
        sa.Column("source", sa.String, nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("parameter_id"), "="),
            (sa.column("sex"), "="),
            (sa.column("age_days"), "&&"),
            using="gist",
            name="ex_reference_limits_age_days",
        ),
        sa.CheckConstraint("sex IN ('male', 'female')", name=op.f("ck_reference_limits_sex")),
        sa.CheckConstraint(
            "critical_low < critical_high", name=op.f("ck_reference_limits_critical")
        ),
        sa.CheckConstraint("normal_low < normal_high", name=op.f("ck_reference_limits_normal")),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["test_parameters.id"], name=op.f("fk_reference_limits_parameter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_limits")),
    )


def _create_catalogue_releases() -> None:
    op.create_table(
        "catalogue_releases",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalogue_releases_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_releases")),
    )
