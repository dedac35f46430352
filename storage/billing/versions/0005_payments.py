"""Payments, refunds, deposits and cashiers.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
MONEY = sa.BigInteger


def upgrade() -> None:
    """Creates the tables."""
    _create_cashier_sessions()
    _create_deposits()
    _create_provider_events()
    _create_payments()
    _create_refunds()


def downgrade() -> None:
    """Drops them."""
    for table in ("refunds", "payments", "provider_events", "deposits", "cashier_sessions"):
        op.drop_table(table)


def _create_cashier_sessions() -> None:
    op.create_table(
        "cashier_sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("cashier_id", sa.Uuid, nullable=False),
        sa.Column("cash_point", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("opening_float", MONEY, nullable=False),
        sa.Column("taken", MONEY, nullable=False),
        sa.Column("paid_out", MONEY, nullable=False),
        sa.Column("counted", MONEY),
        sa.Column("difference_reason", sa.String),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("reconciled_by", sa.Uuid),
        sa.Column("reconciled_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("(status = 'open') = (counted IS NULL)", name="counted"),
        sa.CheckConstraint(
            "(status = 'reconciled') = (reconciled_by IS NOT NULL)",
            name="reconciled",
        ),
        sa.CheckConstraint("status IN ('open', 'closed', 'reconciled')", name="status"),
        sa.CheckConstraint(
            "counted = opening_float + taken - paid_out OR difference_reason IS NOT NULL",
            name="difference_has_a_reason",
        ),
        sa.CheckConstraint("counted >= 0", name="counted_positive"),
        sa.CheckConstraint("opening_float + taken - paid_out >= 0", name="drawer_not_negative"),
        sa.CheckConstraint(
            "opening_float >= 0 AND taken >= 0 AND paid_out >= 0",
            name="positive",
        ),
        sa.CheckConstraint("reconciled_by <> cashier_id", name="reconciled_by_another"),
        sa.PrimaryKeyConstraint("id", name="pk_cashier_sessions"),
    )
    op.create_index("ix_cashier_sessions_status_id", "cashier_sessions", ["status", "id"])
    op.create_index(
        "uq_cashier_sessions_open",
        "cashier_sessions",
        ["cashier_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def _create_deposits() -> None:
    op.create_table(
        "deposits",
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("balance >= 0", name="not_negative"),
        sa.PrimaryKeyConstraint("patient_id", "currency", name="pk_deposits"),
    )


def _create_provider_events() -> None:
    op.create_table(
        "provider_events",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_events"),
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("invoice_id", sa.Uuid),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("failure_code", sa.String),
        sa.Column("captured", MONEY, nullable=False),
        sa.Column("deposited", MONEY, nullable=False),
        sa.Column("refunded", MONEY, nullable=False),
        sa.Column("reserved", MONEY, nullable=False),
        sa.Column("card_token", sa.String),
        sa.Column("bank_reference", sa.String),
        sa.Column("session_id", sa.Uuid),
        sa.Column("tendered", MONEY),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("captured_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("(method = 'cash') = (session_id IS NOT NULL)", name="cash_session"),
        sa.CheckConstraint("(method = 'deposit') <= (invoice_id IS NOT NULL)", name="deposit_use"),
        sa.CheckConstraint("method IN ('card', 'cash', 'bank-transfer', 'deposit')", name="method"),
        sa.CheckConstraint("status <> 'succeeded' OR captured = amount", name="succeeded"),
        sa.CheckConstraint(
            "status IN ('created', 'pending', 'unknown', 'succeeded', 'failed', 'voided', "
            "'charged-back')",
            name="status",
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("captured IN (0, amount)", name="captured"),
        sa.CheckConstraint("deposited BETWEEN 0 AND captured", name="deposited"),
        sa.CheckConstraint(
            "refunded >= 0 AND reserved >= 0 AND refunded + reserved <= captured",
            name="never_refunded_above_captured",
        ),
        sa.CheckConstraint("tendered >= amount", name="tendered"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_payments_invoice_id"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["cashier_sessions.id"], name="fk_payments_session_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
    )
    op.create_index(
        "ix_payments_due",
        "payments",
        ["due_at"],
        postgresql_where=sa.text("method = 'card' AND status IN ('created', 'pending', 'unknown')"),
    )
    op.create_index("ix_payments_invoice_id", "payments", ["invoice_id"])
    op.create_index("ix_payments_patient_id_id", "payments", ["patient_id", "id"])
    op.create_index("ix_payments_session_id", "payments", ["session_id"])
    op.create_index(
        "uq_payments_bank_reference",
        "payments",
        ["bank_reference"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed'"),
    )


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("from_deposit", MONEY, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason_code", sa.String, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("decision_note", sa.String),
        sa.Column("failure_code", sa.String),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.Column("completed_by", sa.Uuid),
        sa.Column("completed_at", INSTANT),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'rejected', 'in-progress', 'completed', 'failed')",
            name="status",
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'in-progress', 'completed') OR decided_by IS NOT NULL",
            name="decided",
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("completed_by <> decided_by", name="completed_by_another"),
        sa.CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        sa.CheckConstraint("from_deposit BETWEEN 0 AND amount", name="from_deposit"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
    )
    op.create_index(
        "ix_refunds_due", "refunds", ["due_at"], postgresql_where=sa.text("status = 'in-progress'")
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index("ix_refunds_status_id", "refunds", ["status", "id"])
