"""Exemptions, credit notes, numbers, reminders.

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
MONEY = sa.BigInteger
FROZEN = """
CREATE TRIGGER credit_note_is_frozen BEFORE UPDATE OR DELETE ON credit_notes
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_line_of_issued_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE note uuid := coalesce(NEW.credit_note_id, OLD.credit_note_id);
BEGIN
  IF (SELECT status FROM credit_notes WHERE id = note) <> 'draft' THEN
    RAISE EXCEPTION 'credit note % is issued', note
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'credit_note_is_frozen';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER credit_note_lines_are_frozen BEFORE INSERT OR UPDATE OR DELETE ON credit_note_lines
  FOR EACH ROW EXECUTE FUNCTION refuse_line_of_issued_note();
"""


def upgrade() -> None:
    """Creates the tables; what was published or issued is frozen by triggers."""
    _create_patient_exemptions()
    _create_credit_notes()
    _create_credit_note_lines()
    _create_number_counters()
    _create_overdue_steps()
    op.execute(FROZEN)


def downgrade() -> None:
    """Drops them."""
    for table in (
        "overdue_steps",
        "number_counters",
        "credit_note_lines",
        "credit_notes",
        "patient_exemptions",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_line_of_issued_note()")


def _create_patient_exemptions() -> None:
    op.create_table(
        "patient_exemptions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.CheckConstraint("(status = 'requested') = (decided_by IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        sa.CheckConstraint("status IN ('requested', 'approved', 'rejected')", name="status"),
        sa.CheckConstraint("valid_until >= valid_from", name="valid"),
        sa.PrimaryKeyConstraint("id", name="pk_patient_exemptions"),
    )
    op.create_index("ix_patient_exemptions_patient_id", "patient_exemptions", ["patient_id"])


def _create_credit_notes() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("invoice_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("text", sa.String),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("patient_part", MONEY, nullable=False),
        sa.Column("payer_part", MONEY, nullable=False),
        sa.Column("patient_surplus", MONEY, nullable=False),
        sa.Column("payer_surplus", MONEY, nullable=False),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("issued_at", INSTANT),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("(status = 'draft') = (decided_by IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        sa.CheckConstraint("kind IN ('reversal', 'correction', 'allowance')", name="kind"),
        sa.CheckConstraint("(status = 'issued') = (number IS NOT NULL)", name="number"),
        sa.CheckConstraint("status IN ('draft', 'issued', 'rejected')", name="status"),
        sa.CheckConstraint("total = patient_part + payer_part", name="total"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_credit_notes_invoice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_notes"),
        sa.UniqueConstraint("number", name="uq_credit_notes_number"),
    )
    op.create_index("ix_credit_notes_invoice_id", "credit_notes", ["invoice_id"])
    op.create_index("ix_credit_notes_patient_id_id", "credit_notes", ["patient_id", "id"])
    op.create_index(
        "uq_credit_notes_draft",
        "credit_notes",
        ["invoice_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )


def _create_credit_note_lines() -> None:
    op.create_table(
        "credit_note_lines",
        sa.Column("credit_note_id", sa.Uuid, nullable=False),
        sa.Column("invoice_line_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Numeric(12, 3)),
        sa.Column("amount", MONEY),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.CheckConstraint("quantity > 0 OR amount > 0", name="positive"),
        sa.CheckConstraint("tax BETWEEN 0 AND total", name="tax"),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["credit_notes.id"], name="fk_credit_note_lines_credit_note_id"
        ),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"], ["invoice_lines.id"], name="fk_credit_note_lines_invoice_line_id"
        ),
        sa.PrimaryKeyConstraint("credit_note_id", "invoice_line_id", name="pk_credit_note_lines"),
    )
    op.create_index(
        "ix_credit_note_lines_invoice_line_id", "credit_note_lines", ["invoice_line_id"]
    )


def _create_number_counters() -> None:
    op.create_table(
        "number_counters",
        sa.Column("series", sa.String, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name="pk_number_counters"),
    )


def _create_overdue_steps() -> None:
    op.create_table(
        "overdue_steps",
        sa.Column("invoice_id", sa.Uuid, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name="fk_overdue_steps_invoice_id"
        ),
        sa.PrimaryKeyConstraint("invoice_id", "step", name="pk_overdue_steps"),
    )
