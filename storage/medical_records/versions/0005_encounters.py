"""Terminology, encounters, notes.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP, TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    _create_concepts()


def downgrade() -> None:
    """Drops them."""
    for table in ("terminology_releases", "concepts"):
        op.drop_table(table)


def _create_concepts() -> None:
    op.create_table(
        "concepts",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("display_en", sa.String, nullable=False),
        sa.Column("display_vi", sa.String),
        sa.Column("leaf", sa.Boolean, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("code_key", sa.String, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
    )
    op.create_index("ix_concepts_words", "concepts", ["words"], postgresql_using="gin")
    op.create_index(
        "ix_concepts_code_key",
        "concepts",
        ["system", "code_key"],
        postgresql_ops={"code_key": "text_pattern_ops"},
    )
    op.create_index("ix_concepts_weight", "concepts", ["system", "weight", "code"])
    op.create_table(
        "terminology_releases",
        sa.Column("release", sa.String, primary_key=True),
        sa.Column("loaded_at", TIMESTAMP(timezone=True), nullable=False),
    )
