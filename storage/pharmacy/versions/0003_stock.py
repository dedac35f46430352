"""Stock, dispensing, controlled register, recalls.

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
QUANTITY = sa.Numeric(12, 3)


def upgrade() -> None:
    """Creates the tables; the ledger refuses changes."""
    _create_stock_locations()
    _create_reorder_points()
    _create_stock_batches()
    _create_stock_documents()
    _create_expiry_alerts()
    _create_stock_balances()
    _create_stock_document_lines()
    _create_stock_ledger()
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER stock_ledger_is_append_only BEFORE UPDATE OR DELETE ON stock_ledger"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drops them."""
    for table in (
        "stock_ledger",
        "stock_document_lines",
        "stock_balances",
        "expiry_alerts",
        "stock_documents",
        "stock_batches",
        "reorder_points",
        "stock_locations",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")


def _create_stock_locations() -> None:
    op.create_table(
        "stock_locations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('store', 'dispensary', 'ward', 'quarantine')", name="kind"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_locations"),
        sa.UniqueConstraint("code", name="uq_stock_locations_code"),
    )


def _create_reorder_points() -> None:
    op.create_table(
        "reorder_points",
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("minimum", QUANTITY, nullable=False),
        sa.Column("low_since", INSTANT),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("minimum > 0", name="minimum"),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_reorder_points_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_reorder_points_medication_id"
        ),
        sa.PrimaryKeyConstraint("location_id", "medication_id", name="pk_reorder_points"),
    )


def _create_stock_batches() -> None:
    op.create_table(
        "stock_batches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("lot", sa.String, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("unit_cost_minor", sa.Integer),
        sa.Column("currency", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("status IN ('available', 'quarantined', 'recalled')", name="status"),
        sa.CheckConstraint("unit_cost_minor >= 0", name="unit_cost"),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_stock_batches_medication_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_batches"),
        sa.UniqueConstraint("medication_id", "lot", name="uq_stock_batches_medication_id_lot"),
    )
    op.create_index("ix_stock_batches_expires_on_id", "stock_batches", ["expires_on", "id"])
    op.create_index("ix_stock_batches_lot", "stock_batches", ["lot"])


def _create_stock_documents() -> None:
    op.create_table(
        "stock_documents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("location_id", sa.Uuid),
        sa.Column("destination_id", sa.Uuid),
        sa.Column("reason", sa.String),
        sa.Column("note", sa.String),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("witness_id", sa.Uuid),
        sa.Column("received_by", sa.Uuid),
        sa.Column("identifier_system", sa.String),
        sa.Column("identifier_value", sa.String),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("(kind = 'receipt') = (location_id IS NULL)", name="location"),
        sa.CheckConstraint(
            "(kind IN ('receipt', 'transfer')) = (destination_id IS NOT NULL)", name="destination"
        ),
        sa.CheckConstraint(
            "kind IN ('receipt', 'transfer', 'count', 'adjustment', 'disposal')", name="kind"
        ),
        sa.CheckConstraint(
            "status IN ('new', 'submitted', 'dispatched', 'completed', 'returned', 'rejected', "
            "'cancelled')",
            name="status",
        ),
        sa.CheckConstraint("decided_by <> made_by", name="maker_is_not_checker"),
        sa.CheckConstraint("location_id <> destination_id", name="two_places"),
        sa.CheckConstraint("witness_id <> made_by", name="witness_is_another"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["stock_locations.id"], name="fk_stock_documents_destination_id"
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_stock_documents_location_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stock_documents"),
    )
    op.create_index("ix_stock_documents_status_id", "stock_documents", ["status", "id"])
    op.create_index(
        "uq_stock_documents_identifier",
        "stock_documents",
        ["identifier_system", "identifier_value"],
        unique=True,
        postgresql_where=sa.text("identifier_value IS NOT NULL"),
    )


def _create_expiry_alerts() -> None:
    op.create_table(
        "expiry_alerts",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("threshold_days", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["stock_batches.id"], name="fk_expiry_alerts_batch_id"
        ),
        sa.PrimaryKeyConstraint("batch_id", "threshold_days", name="pk_expiry_alerts"),
    )


def _create_stock_balances() -> None:
    op.create_table(
        "stock_balances",
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.CheckConstraint("quantity >= 0", name="not_negative"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["stock_batches.id"], name="fk_stock_balances_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_stock_balances_location_id"
        ),
        sa.PrimaryKeyConstraint("location_id", "batch_id", name="pk_stock_balances"),
    )
    op.create_index("ix_stock_balances_batch_id", "stock_balances", ["batch_id"])


def _create_stock_document_lines() -> None:
    op.create_table(
        "stock_document_lines",
        sa.Column("document_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("counted_sequence", sa.Integer),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["stock_batches.id"], name="fk_stock_document_lines_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["stock_documents.id"], name="fk_stock_document_lines_document_id"
        ),
        sa.PrimaryKeyConstraint("document_id", "position", name="pk_stock_document_lines"),
        sa.UniqueConstraint(
            "document_id", "batch_id", name="uq_stock_document_lines_document_id_batch_id"
        ),
    )


def _create_stock_ledger() -> None:
    op.create_table(
        "stock_ledger",
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("change", QUANTITY, nullable=False),
        sa.Column("balance_after", QUANTITY, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("document_type", sa.String, nullable=False),
        sa.Column("document_id", sa.Uuid, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('receipt', 'transfer-out', 'transfer-in', 'count', 'adjustment', "
            "'disposal', 'dispense', 'return', 'cancel')",
            name="kind",
        ),
        sa.CheckConstraint("balance_after >= 0", name="not_negative"),
        sa.CheckConstraint("change <> 0", name="change"),
        sa.ForeignKeyConstraint(
            ["location_id", "batch_id"],
            ["stock_balances.location_id", "stock_balances.batch_id"],
            name="fk_stock_ledger_location_id_batch_id",
        ),
        sa.PrimaryKeyConstraint("location_id", "batch_id", "sequence", name="pk_stock_ledger"),
    )
    op.create_index("ix_stock_ledger_document_id", "stock_ledger", ["document_id"])
