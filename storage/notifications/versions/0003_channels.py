"""Every channel: priorities, receipts, digests, wishes, consents, web hooks, texts, announcements.

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
WAITING = sa.text("status IN ('queued', 'delayed', 'sending')")
STATES = (
    "status IN ('queued', 'delayed', 'sending', 'sent', 'delivered', 'read',"
    " 'skipped', 'merged', 'failed', 'dead')"
)
STATES_BEFORE = "status IN ('queued', 'delayed', 'sending', 'sent', 'skipped', 'failed', 'dead')"
URGENT = (
    "UPDATE deliveries d SET priority = 0 FROM notifications n"
    " WHERE n.id = d.notification_id AND n.workflow IN"
    " ('users.invited', 'users.email_verification_requested', 'users.password_reset_requested')"
)


def upgrade() -> None:
    """Widens the queue, and adds the tables around it; what waits is kept."""
    _widen_deliveries()
    op.add_column("notifications", sa.Column("digest_key", sa.String))
    op.create_index(
        "ix_notifications_digest",
        "notifications",
        ["recipient_id", "digest_key"],
        postgresql_where=sa.text("digest_key IS NOT NULL"),
    )
    op.add_column("notification_log", sa.Column("workflow", sa.String))
    _create_standing()
    _create_endpoints()
    _create_editorial()


def downgrade() -> None:
    """Takes the tables away; what only they know is lost, what waits by e-mail is not."""
    for table in (
        "announcements",
        "templates",
        "endpoints",
        "addresses",
        "quiet_hours",
        "preferences",
    ):
        op.drop_table(table)
    op.drop_column("notification_log", "workflow")
    op.drop_index("ix_notifications_digest", "notifications")
    op.drop_column("notifications", "digest_key")
    _narrow_deliveries()


def _widen_deliveries() -> None:
    op.add_column("deliveries", sa.Column("target", sa.String, nullable=False, server_default=""))
    op.alter_column("deliveries", "target", server_default=None)
    op.add_column(
        "deliveries", sa.Column("priority", sa.SmallInteger, nullable=False, server_default="1")
    )
    op.alter_column("deliveries", "priority", server_default=None)
    op.execute(URGENT)
    for name in ("provider", "merged_into", "delivered_at", "read_at"):
        kind = {"provider": sa.String, "merged_into": sa.Uuid}.get(name, INSTANT)
        op.add_column("deliveries", sa.Column(name, kind))
    op.drop_constraint("uq_deliveries_event_id_recipient_id_channel", "deliveries")
    op.create_unique_constraint(
        "uq_deliveries_event_id_recipient_id_channel_target",
        "deliveries",
        ["event_id", "recipient_id", "channel", "target"],
    )
    op.drop_constraint(op.f("ck_deliveries_status"), "deliveries")
    op.create_check_constraint(op.f("ck_deliveries_status"), "deliveries", STATES)
    op.drop_index("ix_deliveries_waiting", "deliveries")
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["channel", "priority", "due_at"],
        postgresql_where=WAITING,
    )


def _narrow_deliveries() -> None:
    op.execute("DELETE FROM deliveries WHERE channel <> 'email' OR status = 'merged'")
    op.execute("UPDATE deliveries SET status = 'sent' WHERE status IN ('delivered', 'read')")
    op.drop_index("ix_deliveries_waiting", "deliveries")
    op.create_index("ix_deliveries_waiting", "deliveries", ["due_at"], postgresql_where=WAITING)
    op.drop_constraint(op.f("ck_deliveries_status"), "deliveries")
    op.create_check_constraint(op.f("ck_deliveries_status"), "deliveries", STATES_BEFORE)
    op.drop_constraint("uq_deliveries_event_id_recipient_id_channel_target", "deliveries")
    op.create_unique_constraint(
        "uq_deliveries_event_id_recipient_id_channel",
        "deliveries",
        ["event_id", "recipient_id", "channel"],
    )
    for name in ("target", "priority", "provider", "merged_into", "delivered_at", "read_at"):
        op.drop_column("deliveries", name)


def _create_standing() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("workflow", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("user_id", sa.Uuid, primary_key=True),
        sa.Column("begins", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("begins <> ends", name=op.f("ck_quiet_hours_some_time")),
    )
    op.create_table(
        "addresses",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("platform", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('granted', 'withdrawn')", name=op.f("ck_addresses_status")),
        sa.CheckConstraint(
            "source IN ('person', 'reply', 'provider')", name=op.f("ck_addresses_source")
        ),
    )
    op.create_index(
        "uq_addresses_owner", "addresses", ["user_id", "channel", "address"], unique=True
    )
    op.create_index("ix_addresses_address", "addresses", ["channel", "address"])


def _create_endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("workflows", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("secret_version", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("disabled", sa.String),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("level IN ('none', 'id', 'full')", name=op.f("ck_endpoints_level")),
    )
    op.create_index("ix_endpoints_owner_id", "endpoints", ["owner_id"])


def _create_editorial() -> None:
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("workflow", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("published_by", sa.Uuid, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT),
        sa.UniqueConstraint(
            "workflow",
            "channel",
            "locale",
            "version",
            name="uq_templates_workflow_channel_locale_version",
        ),
        sa.CheckConstraint("version >= 1000", name=op.f("ck_templates_published")),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("texts", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("told_up_to", sa.Uuid),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint(
            "status IN ('telling', 'told', 'stopped')", name=op.f("ck_announcements_status")
        ),
    )
    op.create_index(
        "ix_announcements_telling",
        "announcements",
        ["due_at"],
        postgresql_where=sa.text("status = 'telling'"),
    )
