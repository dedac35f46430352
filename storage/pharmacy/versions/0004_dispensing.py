"""Dispensing, the register of controlled drugs, recalls.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
QUANTITY = sa.Numeric(12, 3)


def upgrade() -> None:
    """Creates the tables; the register refuses changes."""
    _create_controlled_balances()
    _create_dispensings()
    _create_controlled_register()
    _create_dispensing_items()
    _create_recalls()
    _create_dispensing_returns()
    _create_recall_patients()
    op.execute(
        "CREATE TRIGGER controlled_register_is_append_only"
        " BEFORE UPDATE OR DELETE ON controlled_register FOR EACH ROW"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drops them."""
    for table in (
        "recall_patients",
        "dispensing_returns",
        "recalls",
        "dispensing_items",
        "controlled_register",
        "dispensings",
        "controlled_balances",
    ):
        op.drop_table(table)


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
