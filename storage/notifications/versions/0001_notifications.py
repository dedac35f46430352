"""Notifications, deliveries, inbox counters, log and tickets.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations import house

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates every table of the service."""
    house.create_house_tables(op)
    _create_inboxes()
    _create_notifications()
    _create_deliveries()
    _create_log()
    op.create_table(
        "known_appointments",
        sa.Column("appointment_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
    )
    op.create_table(
        "ws_tickets",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("principal", postgresql.JSONB, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_index("ix_ws_tickets_expires_at", "ws_tickets", ["expires_at"])


def downgrade() -> None:
    """Drops every table of the service."""
    for table in (
        "ws_tickets",
        "known_appointments",
        "notification_log",
        "deliveries",
        "notifications",
        "inboxes",
    ):
        op.drop_table(table)
    house.drop_house_tables(op)


def _create_inboxes() -> None:
    op.create_table(
        "inboxes",
        sa.Column("recipient_id", sa.Uuid, primary_key=True),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("unread", sa.Integer, nullable=False),
    )


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger),
        sa.Column("workflow", sa.String, nullable=False),
        sa.Column("template_version", sa.Integer, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("body", sa.String),
        sa.Column("data", postgresql.JSONB, nullable=False),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("appointment_version", sa.Integer),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint(
            "event_id", "recipient_id", name="uq_notifications_event_id_recipient_id"
        ),
        sa.UniqueConstraint("recipient_id", "number", name="uq_notifications_recipient_id_number"),
        sa.CheckConstraint(
            "(number IS NULL) = (title IS NULL) AND (number IS NULL) = (body IS NULL)",
            name=op.f("ck_notifications_inbox_text"),
        ),
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["recipient_id"],
        postgresql_where=sa.text("number IS NOT NULL AND read_at IS NULL"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "notification_id",
            sa.Uuid,
            sa.ForeignKey("notifications.id", name="fk_deliveries_notification_id"),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("message", postgresql.JSONB),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("last_error", sa.String),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.UniqueConstraint(
            "event_id",
            "recipient_id",
            "channel",
            name="uq_deliveries_event_id_recipient_id_channel",
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'delayed', 'sending', 'sent', 'skipped', 'failed', 'dead')",
            name=op.f("ck_deliveries_status"),
        ),
    )
    op.create_index("ix_deliveries_notification_id", "deliveries", ["notification_id"])
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["due_at"],
        postgresql_where=sa.text("status IN ('queued', 'delayed', 'sending')"),
    )
    op.create_index(
        "ix_deliveries_given_up",
        "deliveries",
        ["settled_at", "id"],
        postgresql_where=sa.text("status IN ('failed', 'dead')"),
    )


def _create_log() -> None:
    op.create_table(
        "notification_log",
        sa.Column("sequence", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("step", sa.String, nullable=False),
        sa.Column("reason", sa.String),
    )
    op.create_index("ix_notification_log_event_id", "notification_log", ["event_id"])
    op.create_index(
        "ix_notification_log_recipient_id_at", "notification_log", ["recipient_id", "at"]
    )
