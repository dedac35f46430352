"""What the revisions of medical records share: tables of entries."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

INSTANT = postgresql.TIMESTAMP(timezone=True)
VOIDED = "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)"


def create_entry_table(op: Any, name: str, *own: SchemaItem, order: str = "recorded_at") -> None:
    """Creates a table with the columns, constraints and indexes that all entries have.

    Args:
        op: Alembic's operations.
        name: of the table.
        own: its own columns and constraints.
        order: column by which pages of it are read.
    """
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("encounter_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorder_id", sa.Uuid),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("voided_at", INSTANT),
        sa.Column("voided_by", sa.Uuid),
        sa.Column("void_reason", sa.String),
        sa.Column("identifier_system", sa.String),
        sa.Column("identifier_value", sa.String),
        sa.Column("source_digest", sa.String),
        *own,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.CheckConstraint(VOIDED, name="voided"),
    )
    op.create_index(f"ix_{name}_chart", name, ["patient_id", order, "id"])
    op.create_index(
        f"uq_{name}_identifier",
        name,
        ["identifier_system", "identifier_value"],
        unique=True,
        postgresql_where=sa.text("identifier_value IS NOT NULL"),
    )
