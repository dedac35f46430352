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
APPEND_ONLY = ("stock_ledger", "controlled_register")


def upgrade() -> None:
    """Creates the tables; ledger and register refuse changes."""
    _create_stock_locations()
    _create_controlled_balances()
    _create_dispensings()
    _create_reorder_points()
    _create_stock_batches()
    _create_stock_documents()
    _create_controlled_register()
    _create_dispensing_items()
    _create_expiry_alerts()
    _create_recalls()
    _create_stock_balances()
    _create_stock_document_lines()
    _create_dispensing_returns()
    _create_recall_patients()
    _create_stock_ledger()
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
        " USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Drops them."""
    for table in (
        "stock_ledger",
        "recall_patients",
        "dispensing_returns",
        "stock_document_lines",
        "stock_balances",
        "recalls",
        "expiry_alerts",
        "dispensing_items",
        "controlled_register",
        "stock_documents",
        "stock_batches",
        "reorder_points",
        "dispensings",
        "controlled_balances",
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


def _create_controlled_balances() -> None:
    op.create_table(
        "controlled_balances",
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.CheckConstraint("quantity >= 0", name="not_negative"),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_controlled_balances_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_controlled_balances_medication_id"
        ),
        sa.PrimaryKeyConstraint("location_id", "medication_id", name="pk_controlled_balances"),
    )


def _create_dispensings() -> None:
    op.create_table(
        "dispensings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("prescription_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_reason", sa.String),
        sa.Column("note", sa.String),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("completed_by", sa.Uuid),
        sa.Column("completed_at", INSTANT),
        sa.Column("witness_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "(status = 'completed') <= (completed_at IS NOT NULL AND completed_by IS NOT NULL)",
            name="completed",
        ),
        sa.CheckConstraint(
            "status IN ('preparation', 'in-progress', 'on-hold', 'completed', 'declined', "
            "'cancelled', 'stopped')",
            name="status",
        ),
        sa.CheckConstraint("witness_id <> completed_by", name="witness_does_not_complete"),
        sa.CheckConstraint("witness_id <> made_by", name="witness_is_another"),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_dispensings_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["prescription_id"], ["prescriptions.id"], name="fk_dispensings_prescription_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dispensings"),
    )
    op.create_index("ix_dispensings_patient_id_id", "dispensings", ["patient_id", "id"])
    op.create_index("ix_dispensings_prescription_id_id", "dispensings", ["prescription_id", "id"])
    op.create_index("ix_dispensings_status_id", "dispensings", ["status", "id"])


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


def _create_controlled_register() -> None:
    op.create_table(
        "controlled_register",
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("change", QUANTITY, nullable=False),
        sa.Column("balance_before", QUANTITY, nullable=False),
        sa.Column("balance_after", QUANTITY, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("document_type", sa.String, nullable=False),
        sa.Column("document_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("witness_id", sa.Uuid),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("balance_after = balance_before + change", name="balance"),
        sa.CheckConstraint("witness_id <> actor_id", name="witness_is_another"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["stock_batches.id"], name="fk_controlled_register_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_controlled_register_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_controlled_register_medication_id"
        ),
        sa.PrimaryKeyConstraint(
            "location_id", "medication_id", "number", name="pk_controlled_register"
        ),
    )


def _create_dispensing_items() -> None:
    op.create_table(
        "dispensing_items",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("dispensing_id", sa.Uuid, nullable=False),
        sa.Column("prescription_item_id", sa.Uuid, nullable=False),
        sa.Column("medication_id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("returned", QUANTITY, nullable=False),
        sa.Column("substituted", sa.Boolean, nullable=False),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name="returned"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["stock_batches.id"], name="fk_dispensing_items_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["dispensing_id"], ["dispensings.id"], name="fk_dispensing_items_dispensing_id"
        ),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medications.id"], name="fk_dispensing_items_medication_id"
        ),
        sa.ForeignKeyConstraint(
            ["prescription_item_id"],
            ["prescription_items.id"],
            name="fk_dispensing_items_prescription_item_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dispensing_items"),
    )
    op.create_index("ix_dispensing_items_batch_id", "dispensing_items", ["batch_id"])
    op.create_index("ix_dispensing_items_dispensing_id", "dispensing_items", ["dispensing_id"])
    op.create_index(
        "ix_dispensing_items_prescription_item_id", "dispensing_items", ["prescription_item_id"]
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


def _create_recalls() -> None:
    op.create_table(
        "recalls",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("recalled_by", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["stock_batches.id"], name="fk_recalls_batch_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recalls"),
        sa.UniqueConstraint("batch_id", name="uq_recalls_batch_id"),
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


def _create_dispensing_returns() -> None:
    op.create_table(
        "dispensing_returns",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("dispensing_item_id", sa.Uuid, nullable=False),
        sa.Column("location_id", sa.Uuid, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("spoiled", sa.Boolean, nullable=False),
        sa.Column("returned_by", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.ForeignKeyConstraint(
            ["dispensing_item_id"],
            ["dispensing_items.id"],
            name="fk_dispensing_returns_dispensing_item_id",
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_locations.id"], name="fk_dispensing_returns_location_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dispensing_returns"),
    )
    op.create_index(
        "ix_dispensing_returns_dispensing_item_id", "dispensing_returns", ["dispensing_item_id"]
    )


def _create_recall_patients() -> None:
    op.create_table(
        "recall_patients",
        sa.Column("recall_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("last_dispensed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["recall_id"], ["recalls.id"], name="fk_recall_patients_recall_id"),
        sa.PrimaryKeyConstraint("recall_id", "patient_id", name="pk_recall_patients"),
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
