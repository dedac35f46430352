"""Orders, specimens, tests, their moves, accession numbers.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_lab_orders()
    _create_specimens()
    _create_lab_tests()
    _create_lab_moves()
    _create_accession_series()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "accession_series",
        "lab_moves",
        "lab_tests",
        "specimens",
        "lab_orders",
    ):
        op.drop_table(table)


def _create_lab_orders() -> None:
    op.create_table(
        "lab_orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("encounter_id", sa.Uuid),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("priority", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("note", sa.String),
        sa.Column("patient_sex", sa.String, nullable=False),
        sa.Column("patient_birth_date", sa.Date),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("identifier_system", sa.String),
        sa.Column("identifier_value", sa.String),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "priority IN ('routine', 'urgent', 'asap', 'stat')", name=op.f("ck_lab_orders_priority")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error')",
            name=op.f("ck_lab_orders_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_orders")),
    )
    op.create_index(
        op.f("ix_lab_orders_patient_id_id"), "lab_orders", ["patient_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_lab_orders_practitioner_id_id"),
        "lab_orders",
        ["practitioner_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_lab_orders_identifier",
        "lab_orders",
        ["identifier_system", "identifier_value"],
        unique=True,
    )


def _create_specimens() -> None:
    op.create_table(
        "specimens",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("accession", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("container", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("volume_ul", sa.Integer),
        sa.Column("fasting", sa.Boolean),
        sa.Column("condition", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("collected_at", INSTANT),
        sa.Column("collected_by", sa.Uuid),
        sa.Column("received_at", INSTANT),
        sa.Column("received_by", sa.Uuid),
        sa.Column("stable_until", INSTANT),
        sa.Column("storage_position", sa.String),
        sa.Column("reject_reason", sa.String),
        sa.Column("reject_note", sa.String),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'collected', 'in-transit', 'received',"
            " 'accepted', 'stored', 'rejected', 'cancelled', 'disposed')",
            name=op.f("ck_specimens_status"),
        ),
        sa.CheckConstraint("volume_ul >= 0", name=op.f("ck_specimens_volume_ul")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["lab_orders.id"], name=op.f("fk_specimens_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["specimens.id"], name=op.f("fk_specimens_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["specimens.id"], name=op.f("fk_specimens_replaces_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimens")),
        sa.UniqueConstraint("accession", name=op.f("uq_specimens_accession")),
    )
    op.create_index(op.f("ix_specimens_order_id"), "specimens", ["order_id"], unique=False)
    op.create_index(op.f("ix_specimens_parent_id"), "specimens", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_specimens_patient_id_id"), "specimens", ["patient_id", "id"], unique=False
    )
    op.create_index(op.f("ix_specimens_status_id"), "specimens", ["status", "id"], unique=False)


def _create_lab_tests() -> None:
    op.create_table(
        "lab_tests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("test_type_id", sa.Uuid, nullable=False),
        sa.Column("panel_id", sa.Uuid),
        sa.Column("specimen_id", sa.Uuid),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("priority", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("caused_by_id", sa.Uuid),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT),
        sa.Column("visible_at", INSTANT),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "origin IN ('ordered', 'add-on', 'reflex', 'recollection')",
            name=op.f("ck_lab_tests_origin"),
        ),
        sa.CheckConstraint(
            "priority IN ('routine', 'urgent', 'asap', 'stat')", name=op.f("ck_lab_tests_priority")
        ),
        sa.CheckConstraint(
            "status IN ('not-started', 'in-process', 'technically-accepted',"
            " 'verified', 'released', 'corrected', 'rejected', 'cancelled')",
            name=op.f("ck_lab_tests_status"),
        ),
        sa.ForeignKeyConstraint(
            ["caused_by_id"], ["lab_tests.id"], name=op.f("fk_lab_tests_caused_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["lab_orders.id"], name=op.f("fk_lab_tests_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["panel_id"], ["test_types.id"], name=op.f("fk_lab_tests_panel_id")
        ),
        sa.ForeignKeyConstraint(
            ["specimen_id"], ["specimens.id"], name=op.f("fk_lab_tests_specimen_id")
        ),
        sa.ForeignKeyConstraint(
            ["test_type_id"], ["test_types.id"], name=op.f("fk_lab_tests_test_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_tests")),
    )
    op.create_index(op.f("ix_lab_tests_order_id"), "lab_tests", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_lab_tests_patient_id_test_type_id_id"),
        "lab_tests",
        ["patient_id", "test_type_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_lab_tests_specimen_id"), "lab_tests", ["specimen_id"], unique=False)
    op.create_index(
        "ix_lab_tests_worklist",
        "lab_tests",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "status IN ('not-started', 'in-process', 'technically-accepted', 'verified')"
        ),
    )


def _create_lab_moves() -> None:
    op.create_table(
        "lab_moves",
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("move", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason_code", sa.String),
        sa.Column("note", sa.String),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("actor_role", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('order', 'specimen', 'test')", name=op.f("ck_lab_moves_kind")),
        sa.PrimaryKeyConstraint("object_id", "version", name=op.f("pk_lab_moves")),
    )


def _create_accession_series() -> None:
    op.create_table(
        "accession_series",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_accession_series")),
    )
