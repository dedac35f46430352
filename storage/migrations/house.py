"""The house tables as of the first revision, frozen: every service's 0001 creates them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

INSTANT = postgresql.TIMESTAMP(timezone=True)
ONLY_SEALING = """
CREATE FUNCTION only_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.position IS NULL
     AND to_jsonb(OLD) - 'position' - 'seal' = to_jsonb(NEW) - 'position' - 'seal' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit rows are never changed';
END $$;
CREATE TRIGGER only_sealing BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION only_sealing();
"""


def create_house_tables(op: Any) -> None:
    """Creates outbox, inbox, idempotency_keys and audit_log."""
    _create_outbox(op)
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    _create_audit_log(op)


def _create_outbox(op: Any) -> None:
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("listener", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("aggregate_id", sa.Uuid, nullable=False),
        sa.Column("payload", postgresql.JSONB, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("settled_at", INSTANT),
        sa.Column("error", sa.Text),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("ix_outbox_pending", "outbox", ["sequence"], postgresql_where=pending)
    op.create_index(
        "ix_outbox_pending_aggregate",
        "outbox",
        ["aggregate_id", "listener", "sequence"],
        postgresql_where=pending,
    )
    op.create_index(
        "ix_outbox_dead", "outbox", ["sequence"], postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(
        "ix_outbox_settled_at", "outbox", ["settled_at"], postgresql_where=sa.text("state = 'sent'")
    )


def _create_audit_log(op: Any) -> None:
    op.create_table(
        "audit_log",
        sa.Column("sequence", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Uuid),
        sa.Column("patient_id", sa.Uuid),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
    )
    op.create_index("ix_audit_log_patient_id_at", "audit_log", ["patient_id", "at"])
    op.create_index("ix_audit_log_object_id_at", "audit_log", ["object_id", "at"])


def drop_house_tables(op: Any) -> None:
    """Drops what `create_house_tables` made."""
    for table in ("audit_log", "idempotency_keys", "inbox", "outbox"):
        op.drop_table(table)


def seal_audit_log(op: Any) -> None:
    """Adds to audit_log on what basis somebody acted, and the chain that shows tampering.

    Rows are written without `position` and `seal`; the sealer adds both later. Nothing else of
    a row ever changes, which a trigger sees to for everybody who is not out to tamper.
    """
    op.add_column("audit_log", sa.Column("basis", sa.Text))
    op.add_column("audit_log", sa.Column("position", sa.BigInteger))
    op.add_column("audit_log", sa.Column("seal", sa.LargeBinary))
    op.create_index("uq_audit_log_position", "audit_log", ["position"], unique=True)
    op.create_index(
        "ix_audit_log_unsealed",
        "audit_log",
        ["sequence"],
        postgresql_where=sa.text("position IS NULL"),
    )
    op.execute(ONLY_SEALING)


def unseal_audit_log(op: Any) -> None:
    """Takes away what `seal_audit_log` added."""
    op.execute("DROP TRIGGER only_sealing ON audit_log")
    op.execute("DROP FUNCTION only_sealing()")
    for index in ("ix_audit_log_unsealed", "uq_audit_log_position"):
        op.drop_index(index, "audit_log")
    for column in ("seal", "position", "basis"):
        op.drop_column("audit_log", column)
