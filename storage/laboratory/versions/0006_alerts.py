"""Critical values.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    _create_critical_alerts()
    _create_alert_hops()


def downgrade() -> None:
    """Drops them."""
    for table in (
        "alert_hops",
        "critical_alerts",
    ):
        op.drop_table(table)


def _create_critical_alerts() -> None:
    op.create_table(
        "critical_alerts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("result_id", sa.Uuid, nullable=False),
        sa.Column("test_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("parameter_id", sa.Uuid, nullable=False),
        sa.Column("value", sa.Numeric),
        sa.Column("choice", sa.String),
        sa.Column("unit", sa.String),
        sa.Column("flag", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("next_step_at", INSTANT),
        sa.Column("acknowledged_by", sa.Uuid),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("read_back", sa.String),
        sa.Column("action", sa.String),
        sa.CheckConstraint(
            "status IN ('open', 'acknowledged', 'withdrawn')",
            name=op.f("ck_critical_alerts_status"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["lab_orders.id"], name=op.f("fk_critical_alerts_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["test_parameters.id"], name=op.f("fk_critical_alerts_parameter_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["test_results.id"], name=op.f("fk_critical_alerts_result_id")
        ),
        sa.ForeignKeyConstraint(
            ["test_id"], ["lab_tests.id"], name=op.f("fk_critical_alerts_test_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_alerts")),
    )
    op.create_index(
        "ix_critical_alerts_open",
        "critical_alerts",
        ["next_step_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        op.f("ix_critical_alerts_patient_id_id"),
        "critical_alerts",
        ["patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_critical_alerts_test_id"), "critical_alerts", ["test_id"], unique=False
    )


def _create_alert_hops() -> None:
    op.create_table(
        "alert_hops",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("alert_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("role", sa.String),
        sa.Column("note", sa.String),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('told', 'called', 'misread', 'acknowledged', 'withdrawn')",
            name=op.f("ck_alert_hops_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["critical_alerts.id"], name=op.f("fk_alert_hops_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_hops")),
    )
    op.create_index(
        op.f("ix_alert_hops_alert_id_at"), "alert_hops", ["alert_id", "at"], unique=False
    )
