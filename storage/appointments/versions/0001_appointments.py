"""Reasons, doctors' time, appointments with their history, reminders.

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
TAKING = sa.text("status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')")
STATUSES = (
    "'proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled', 'cancelled', "
    "'noshow', 'entered-in-error', 'waitlist'"
)
IDENTIFIED = sa.text("identifier_value IS NOT NULL")


def upgrade() -> None:
    """Creates every table of the service."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    house.create_house_tables(op)
    _create_reasons()
    _create_availability()
    _create_leaves()
    _create_appointments()
    _create_appointment_indexes()
    _create_moves()
    _create_reminders()


def downgrade() -> None:
    """Drops every table of the service."""
    for table in (
        "appointment_reminders",
        "appointment_moves",
        "appointments",
        "leaves",
        "doctor_availability",
        "appointment_reasons",
    ):
        op.drop_table(table)
    house.drop_house_tables(op)
    op.execute("DROP EXTENSION IF EXISTS btree_gist")


def _create_reasons() -> None:
    op.create_table(
        "appointment_reasons",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("display_en", sa.String, nullable=False),
        sa.Column("display_vi", sa.String, nullable=False),
        sa.Column("duration_minutes", sa.Integer, nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer, nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer, nullable=False),
        sa.Column("minimum_notice_minutes", sa.Integer, nullable=False),
        sa.Column("self_bookable", sa.Boolean, nullable=False),
        sa.Column("specialty", sa.String),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_reasons"),
        sa.UniqueConstraint("code", name="uq_appointment_reasons_code"),
    )


def _create_availability() -> None:
    op.create_table(
        "doctor_availability",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("effect", sa.String, nullable=False),
        sa.Column("weekday", sa.Integer),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("start", sa.Time, nullable=False),
        sa.Column("end", sa.Time, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("slot_minutes", sa.Integer, nullable=False),
        sa.Column("location_id", sa.Uuid),
        sa.Column("location_name", sa.String),
        sa.Column("identifier_system", sa.String),
        sa.Column("identifier_value", sa.String),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_doctor_availability"),
        sa.CheckConstraint("effect IN ('open', 'closed')", name="effect"),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        sa.CheckConstraint("weekday IS NOT NULL OR valid_until = valid_from", name="one_date"),
        sa.CheckConstraint("slot_minutes > 0", name="slot_minutes"),
    )
    op.create_index(
        "ix_doctor_availability_practitioner_id_valid_from",
        "doctor_availability",
        ["practitioner_id", "valid_from"],
    )
    op.create_index(
        "ix_doctor_availability_location_id",
        "doctor_availability",
        ["location_id"],
        postgresql_where=sa.text("location_id IS NOT NULL"),
    )
    op.create_index(
        "ix_doctor_availability_identifier",
        "doctor_availability",
        ["identifier_system", "identifier_value"],
        postgresql_where=IDENTIFIED,
    )


def _create_leaves() -> None:
    op.create_table(
        "leaves",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leaves"),
        sa.CheckConstraint('start < "end"', name="ordered"),
    )
    op.create_index("ix_leaves_practitioner_id_end", "leaves", ["practitioner_id", "end"])


def _create_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("reason_id", sa.Uuid, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("occupied", postgresql.TSTZRANGE, nullable=False),
        sa.Column("location_id", sa.Uuid),
        sa.Column("location_name", sa.String),
        sa.Column("comment", sa.String),
        sa.Column("hold_expires_at", INSTANT),
        sa.Column("cancellation_code", sa.String),
        sa.Column("cancellation_text", sa.String),
        sa.Column("identifier_system", sa.String),
        sa.Column("identifier_value", sa.String),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("booked_at", INSTANT),
        sa.Column("arrived_at", INSTANT),
        sa.Column("checked_in_at", INSTANT),
        sa.Column("fulfilled_at", INSTANT),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("noshow_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
        sa.CheckConstraint('start < "end"', name="ordered"),
        sa.CheckConstraint('occupied @> tstzrange(start, "end")', name="occupied"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="status"),
        sa.CheckConstraint("(status = 'pending') <= (hold_expires_at IS NOT NULL)", name="lease"),
        postgresql.ExcludeConstraint(
            ("practitioner_id", "="),
            ("occupied", "&&"),
            where=TAKING,
            using="gist",
            name="ex_appointments_practitioner",
        ),
        postgresql.ExcludeConstraint(
            ("patient_id", "="),
            (sa.literal_column('tstzrange(start, "end")'), "&&"),
            where=TAKING,
            using="gist",
            name="ex_appointments_patient",
        ),
    )


def _create_appointment_indexes() -> None:
    op.create_index(
        "uq_appointments_identifier",
        "appointments",
        ["identifier_system", "identifier_value"],
        unique=True,
        postgresql_where=IDENTIFIED,
    )
    for first in ("practitioner_id", "patient_id", "status"):
        op.create_index(f"ix_appointments_{first}_start_id", "appointments", [first, "start", "id"])
    op.create_index("ix_appointments_start_id", "appointments", ["start", "id"])
    op.create_index(
        "ix_appointments_held",
        "appointments",
        ["hold_expires_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )


def _create_moves() -> None:
    op.create_table(
        "appointment_moves",
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("move", sa.String, nullable=False),
        sa.Column("from_status", sa.String),
        sa.Column("to_status", sa.String, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("previous_start", INSTANT),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("actor_role", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", "version", name="pk_appointment_moves"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name="fk_appointment_moves_appointment_id"
        ),
    )


def _create_reminders() -> None:
    op.create_table(
        "appointment_reminders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_reminders"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name="fk_appointment_reminders_appointment_id"
        ),
        sa.CheckConstraint(
            "status IN ('scheduled', 'sent', 'skipped', 'cancelled')", name="status"
        ),
    )
    op.create_index(
        "ix_appointment_reminders_appointment_id", "appointment_reminders", ["appointment_id"]
    )
    op.create_index(
        "ix_appointment_reminders_scheduled",
        "appointment_reminders",
        ["due_at"],
        postgresql_where=sa.text("status = 'scheduled'"),
    )
