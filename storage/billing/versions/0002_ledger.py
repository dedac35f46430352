"""Invoices with their lines, and the ledger.

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
MONEY = sa.BigInteger
APPEND_ONLY = ("ledger_entries", "ledger_lines", "invoice_lines")
FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total numeric; number bigint;
BEGIN
  SELECT coalesce(sum(amount), 0), count(*) INTO total, number
    FROM ledger_lines WHERE entry_id = NEW.id;
  IF total <> 0 OR number < 2 THEN
    RAISE EXCEPTION 'ledger entry % is not balanced', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_is_balanced';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION refuse_late_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_entries
                 WHERE id = NEW.entry_id AND xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION 'ledger entry % is closed', NEW.entry_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_entry_is_closed';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION refuse_line_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT status FROM invoices WHERE id = NEW.invoice_id) <> 'draft' THEN
    RAISE EXCEPTION 'invoice % is issued', NEW.invoice_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'invoice_is_frozen';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION refuse_change_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.status = 'draft'
     OR (OLD.number, OLD.patient_id, OLD.context, OLD.currency, OLD.total, OLD.tax, OLD.issued_at)
     IS DISTINCT FROM
        (NEW.number, NEW.patient_id, NEW.context, NEW.currency, NEW.total, NEW.tax, NEW.issued_at)
  THEN
    RAISE EXCEPTION 'invoice % is issued', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'invoice_is_frozen';
  END IF;
  RETURN NEW;
END $$;
"""
TRIGGERS = """
CREATE CONSTRAINT TRIGGER ledger_entry_is_balanced AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced();
CREATE TRIGGER ledger_entry_is_closed BEFORE INSERT ON ledger_lines
  FOR EACH ROW EXECUTE FUNCTION refuse_late_line();
CREATE TRIGGER lines_are_frozen BEFORE INSERT ON invoice_lines
  FOR EACH ROW EXECUTE FUNCTION refuse_line_of_issued();
CREATE TRIGGER invoice_is_frozen BEFORE UPDATE OR DELETE ON invoices
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION refuse_change_of_issued();
"""


def upgrade() -> None:
    """Creates the tables; the triggers keep them as the law wants them."""
    _create_invoices()
    _create_invoice_lines()
    _create_ledger()
    op.execute(FUNCTIONS + TRIGGERS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Drops them."""
    for table in ("ledger_lines", "ledger_entries", "invoice_lines", "invoices"):
        op.drop_table(table)
    for function in (
        "refuse_change",
        "refuse_unbalanced",
        "refuse_late_line",
        "refuse_line_of_issued",
        "refuse_change_of_issued",
    ):
        op.execute(f"DROP FUNCTION {function}()")


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("context", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        *(
            sa.Column(name, MONEY, nullable=False)
            for name in (
                "total",
                "tax",
                "credited",
                "patient_share",
                "payer_share",
                "patient_settled",
                "payer_settled",
            )
        ),
        sa.Column(
            "settled",
            MONEY,
            sa.Computed("patient_settled + payer_settled", persisted=True),
            nullable=False,
        ),
        sa.Column("payer_id", sa.Uuid),
        sa.Column("issued_at", INSTANT),
        sa.Column("issued_by", sa.Uuid),
        sa.Column("due_on", sa.Date),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *_invoice_checks(),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
    )
    op.create_index("ix_invoices_patient_id_id", "invoices", ["patient_id", "id"])
    issued = sa.text("status = 'issued'")
    op.create_index("ix_invoices_open", "invoices", ["due_on", "id"], postgresql_where=issued)
    op.create_index(
        "uq_invoices_draft",
        "invoices",
        ["patient_id", "currency", "context"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )


def _invoice_checks() -> list[sa.CheckConstraint]:
    due = "total - credited"
    rules = {
        "status": "status IN ('draft', 'issued', 'balanced', 'cancelled')",
        "number": "(status = 'draft') = (number IS NULL)",
        "issued": "(status = 'draft') = (issued_at IS NULL)",
        "shares": f"patient_share + payer_share = {due}",
        "no_negative_share": "patient_share >= 0 AND payer_share >= 0",
        "credited": "credited >= 0",
        "patient_settled": "patient_settled BETWEEN 0 AND patient_share",
        "payer_settled": "payer_settled BETWEEN 0 AND payer_share",
        "balanced": "status NOT IN ('issued', 'balanced') OR (status = 'balanced')"
        f" = (patient_settled + payer_settled = {due})",
        "cancelled": "status <> 'cancelled' OR credited = total",
    }
    return [sa.CheckConstraint(rule, name=name) for name, rule in rules.items()]


def _create_invoice_lines() -> None:
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("invoice_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("charge_item_id", sa.Uuid, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("performed_at", INSTANT, nullable=False),
        sa.Column("performer_id", sa.Uuid),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        *(
            sa.Column(name, MONEY, nullable=False)
            for name in ("unit_price", "base", "surcharge", "discount", "exemption")
        ),
        sa.Column("tax_percent", sa.Numeric(5, 2)),
        *(
            sa.Column(name, MONEY, nullable=False)
            for name in ("tax", "total", "patient_share", "payer_share")
        ),
        sa.CheckConstraint("total = base + surcharge - discount - exemption + tax", name="total"),
        sa.CheckConstraint("patient_share + payer_share = total", name="shares"),
        sa.CheckConstraint("total >= 0 AND quantity > 0", name="positive"),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name="fk_invoice_lines_invoice_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invoice_lines"),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_invoice_id_position"),
        sa.UniqueConstraint("charge_item_id", name="uq_invoice_lines_charge_item_id"),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source_kind", sa.String, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint(
            "kind",
            "source_kind",
            "source_id",
            name="uq_ledger_entries_kind_source_kind_source_id",
        ),
    )
    op.create_index("ix_ledger_entries_at_id", "ledger_entries", ["at", "id"])
    op.create_table(
        "ledger_lines",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("party_id", sa.Uuid),
        sa.Column("invoice_id", sa.Uuid),
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entries.id"], name="fk_ledger_lines_entry_id"
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_ledger_lines_invoice_id"),
        sa.PrimaryKeyConstraint("entry_id", "position", name="pk_ledger_lines"),
    )
    op.create_index("ix_ledger_lines_account_party_id", "ledger_lines", ["account", "party_id"])
    op.create_index("ix_ledger_lines_invoice_id", "ledger_lines", ["invoice_id"])
