"""People: users, identifiers, profiles, addresses, activity.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations import house

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
STAFF = ("doctor_profiles", "nurse_profiles", "pharmacist_profiles", "lab_technician_profiles")


def upgrade() -> None:
    """Creates the house tables and those of people."""
    house.create_house_tables(op)
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE SEQUENCE medical_record_number_serial")
    _create_users()
    _create_patient_profiles()
    _create_staff_profiles()
    _create_addresses()
    _create_activity()


def downgrade() -> None:
    """Drops them; the extension stays, somebody else may use it."""
    for table in ("user_activity", "addresses", *STAFF, "patient_profiles", "identifiers", "users"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE medical_record_number_serial")
    house.drop_house_tables(op)


def _texts(name: str) -> sa.Column[Any]:
    return sa.Column(
        name, postgresql.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")
    )


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer, nullable=False, server_default="1")


def _user(**options: Any) -> sa.Column[Any]:
    return sa.Column(
        "user_id",
        sa.Uuid,
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        **options,
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        _version(),
        sa.Column("status", sa.Text, nullable=False),
        _texts("roles"),
        sa.Column("email", sa.Text, unique=True),
        sa.Column("email_verified_at", INSTANT),
        sa.Column("password_hash", sa.Text),
        sa.Column("password_changed_at", INSTANT),
        sa.Column("family_name", sa.Text, nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text),
        sa.Column("search_name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("import_fingerprint", sa.LargeBinary),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('invited', 'active', 'inactive')", name="status"),
    )
    op.create_index(
        "ix_users_search_name_trigrams",
        "users",
        ["search_name"],
        postgresql_using="gin",
        postgresql_ops={"search_name": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},  # names change rarely, searches are many
    )
    op.create_index("ix_users_search_name_id", "users", ["search_name", "id"])
    op.create_index("ix_users_roles", "users", ["roles"], postgresql_using="gin")
    op.create_table(
        "identifiers",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        _user(index=True),
    )


def _create_patient_profiles() -> None:
    op.create_table(
        "patient_profiles",
        _user(primary_key=True),
        _version(),
        sa.Column("medical_record_number", sa.Text, nullable=False, unique=True),
        sa.Column("birth_date", sa.Date, index=True),
        sa.Column("gender", sa.Text, nullable=False),
        sa.Column("blood_group", sa.Text),
        sa.Column("emergency_contact", postgresql.JSONB),
        sa.Column("insurance", postgresql.JSONB),
    )


def _create_staff_profiles() -> None:
    own: dict[str, list[sa.Column[Any]]] = {
        "doctor_profiles": [_texts("specialties"), sa.Column("bio", sa.Text)],
        "nurse_profiles": [sa.Column("triages", sa.Boolean, nullable=False)],
        "pharmacist_profiles": [
            sa.Column("dispenses_controlled_drugs", sa.Boolean, nullable=False)
        ],
        "lab_technician_profiles": [
            sa.Column("section", sa.Text, nullable=False),
            sa.Column("verifies_results", sa.Boolean, nullable=False),
        ],
    }
    for table in STAFF:
        op.create_table(
            table,
            _user(primary_key=True),
            _version(),
            sa.Column("licence_number", sa.Text, nullable=False, unique=True),
            sa.Column("department", sa.Text, nullable=False),
            _texts("qualifications"),
            _texts("languages"),
            *own[table],
        )


def _create_addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(index=True),
        _version(),
        sa.Column("use", sa.Text, nullable=False),
        _texts("line"),
        sa.Column("city", sa.Text, nullable=False),
        sa.Column("district", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("postal_code", sa.Text),
        sa.Column("country", sa.Text, nullable=False),
    )


def _create_activity() -> None:
    op.create_table(
        "user_activity",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("user_agent", sa.Text),
    )
    op.create_index("ix_user_activity_user_id_id", "user_activity", ["user_id", "id"])
