"""Price lists, charges, discounts.

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
MONEY = sa.BigInteger
FROZEN = """
CREATE FUNCTION refuse_published_price() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE version uuid := coalesce(NEW.version_id, OLD.version_id);
BEGIN
  IF (SELECT status FROM price_list_versions WHERE id = version) <> 'draft' THEN
    RAISE EXCEPTION 'price list version % is published', version
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'prices_are_frozen';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER prices_are_frozen BEFORE INSERT OR UPDATE OR DELETE ON prices
  FOR EACH ROW EXECUTE FUNCTION refuse_published_price();
"""


def upgrade() -> None:
    """Creates the tables; what was published or issued is frozen by triggers."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.add_column("invoices", sa.Column("encounter_id", sa.Uuid))
    op.add_column("invoices", sa.Column("day", sa.Date))
    _create_price_lists()
    _create_price_list_versions()
    _create_prices()
    _create_charge_sources()
    _create_charge_items()
    _create_discounts()
    op.execute(FROZEN)


def downgrade() -> None:
    """Drops them."""
    for table in (
        "discounts",
        "charge_items",
        "charge_sources",
        "prices",
        "price_list_versions",
        "price_lists",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_published_price()")
    op.drop_column("invoices", "day")
    op.drop_column("invoices", "encounter_id")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")


def _create_price_lists() -> None:
    op.create_table(
        "price_lists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("payer_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_lists"),
        sa.UniqueConstraint("code", name="uq_price_lists_code"),
        sa.UniqueConstraint("payer_id", "currency", name="uq_price_lists_payer_id_currency"),
    )
    op.create_index(
        "uq_price_lists_public",
        "price_lists",
        ["currency"],
        unique=True,
        postgresql_where=sa.text("payer_id IS NULL"),
    )


def _create_price_list_versions() -> None:
    op.create_table(
        "price_list_versions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("price_list_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("valid", postgresql.DATERANGE),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("published_by", sa.Uuid),
        sa.Column("published_at", INSTANT),
        sa.CheckConstraint("NOT isempty(valid)", name="some_days"),
        sa.CheckConstraint("status IN ('draft', 'published')", name="status"),
        sa.CheckConstraint("(status = 'published') = (valid IS NOT NULL)", name="valid"),
        postgresql.ExcludeConstraint(
            ("price_list_id", "="),
            ("valid", "&&"),
            name="ex_price_list_versions_overlap",
            using="gist",
        ),
        sa.ForeignKeyConstraint(
            ["price_list_id"], ["price_lists.id"], name="fk_price_list_versions_price_list_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_list_versions"),
        sa.UniqueConstraint(
            "price_list_id", "number", name="uq_price_list_versions_price_list_id_number"
        ),
    )


def _create_prices() -> None:
    op.create_table(
        "prices",
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_en", sa.String, nullable=False),
        sa.Column("name_vi", sa.String, nullable=False),
        sa.Column("unit_price", MONEY, nullable=False),
        sa.CheckConstraint("kind IN ('service', 'drug', 'test', 'panel', 'ward')", name="kind"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["price_list_versions.id"], name="fk_prices_version_id"
        ),
        sa.PrimaryKeyConstraint("version_id", "kind", "code", name="pk_prices"),
    )


def _create_charge_sources() -> None:
    op.create_table(
        "charge_sources",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source_kind", sa.String, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("part_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("encounter_id", sa.Uuid),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("panel", sa.String),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("performer_id", sa.Uuid),
        sa.Column("performed_at", INSTANT, nullable=False),
        sa.Column("planned", sa.Boolean, nullable=False),
        sa.Column("done", sa.Numeric(12, 3), nullable=False),
        sa.Column("undone", sa.Numeric(12, 3), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('service', 'drug', 'test', 'panel', 'ward')", name="kind"),
        sa.CheckConstraint("done >= 0 AND undone >= 0", name="quantities"),
        sa.PrimaryKeyConstraint("id", name="pk_charge_sources"),
        sa.UniqueConstraint(
            "source_kind",
            "source_id",
            "part_id",
            name="uq_charge_sources_source_kind_source_id_part_id",
        ),
    )
    op.create_index(
        "ix_charge_sources_patient_id_performed_at",
        "charge_sources",
        ["patient_id", "performed_at"],
    )


def _create_charge_items() -> None:
    op.create_table(
        "charge_items",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("quantity", sa.Numeric(12, 3), nullable=False),
        sa.Column("invoice_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(status IN ('billable', 'billed')) = (invoice_id IS NOT NULL)", name="invoice"
        ),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint(
            "status IN ('planned', 'billable', 'not-billable', 'aborted', 'billed')", name="status"
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_charge_items_invoice_id"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["charge_sources.id"], name="fk_charge_items_source_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_charge_items"),
    )
    op.create_index("ix_charge_items_invoice_id", "charge_items", ["invoice_id"])
    op.create_index("ix_charge_items_patient_id_id", "charge_items", ["patient_id", "id"])
    op.create_index(
        "uq_charge_items_open",
        "charge_items",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('planned', 'billable')"),
    )


def _create_discounts() -> None:
    op.create_table(
        "discounts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("invoice_id", sa.Uuid, nullable=False),
        sa.Column("charge_item_id", sa.Uuid),
        sa.Column("percent", sa.Numeric(5, 2)),
        sa.Column("amount", MONEY),
        sa.Column("justification", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("(status = 'requested') = (decided_by IS NULL)", name="decided"),
        sa.CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        sa.CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        sa.CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="percent_or_amount"),
        sa.CheckConstraint("status IN ('requested', 'approved', 'rejected')", name="status"),
        sa.ForeignKeyConstraint(
            ["charge_item_id"], ["charge_items.id"], name="fk_discounts_charge_item_id"
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_discounts_invoice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_discounts"),
    )
    op.create_index(
        "uq_discounts_charge",
        "discounts",
        ["charge_item_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.create_index(
        "uq_discounts_invoice",
        "discounts",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("charge_item_id IS NULL AND status <> 'rejected'"),
    )
