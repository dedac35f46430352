"""Conversations, messages and the log.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
TABLES = ("entries", "earlier_texts", "messages", "participants", "conversations")


def upgrade() -> None:
    """Creates the tables."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_conversations()
    _create_participants()
    _create_messages()
    _create_log()


def downgrade() -> None:
    """Drops them."""
    for table in TABLES:
        op.drop_table(table)


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("patient_id", sa.Uuid, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("leased_until", INSTANT),
        sa.Column("urgency", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("waiting_since", INSTANT),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_conversations_status")),
        sa.CheckConstraint(
            "owner IN ('assistant', 'pool', 'clinician')", name=op.f("ck_conversations_owner")
        ),
        sa.CheckConstraint(
            "(owner = 'clinician') = (owner_id IS NOT NULL)",
            name=op.f("ck_conversations_owner_id"),
        ),
        sa.CheckConstraint(
            "(owner = 'pool') = (waiting_since IS NOT NULL)",
            name=op.f("ck_conversations_waiting_since"),
        ),
        sa.CheckConstraint(
            "urgency IN ('routine', 'urgent', 'emergency')", name=op.f("ck_conversations_urgency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_patient_id_id"), "conversations", ["patient_id", "id"])
    op.create_index(
        op.f("ix_conversations_owner_id_id"),
        "conversations",
        ["owner_id", "id"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["urgency", "waiting_since"],
        postgresql_where=sa.text("status = 'open' AND owner = 'pool'"),
    )


def _create_participants() -> None:
    op.create_table(
        "participants",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("read_to", sa.BigInteger, nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_participants_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f("pk_participants")),
    )
    op.create_index(
        op.f("ix_participants_user_id_conversation_id"),
        "participants",
        ["user_id", "conversation_id"],
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("author_id", sa.Uuid),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("plain", sa.String, nullable=False),
        sa.Column("reply_to", sa.Uuid),
        sa.Column("sources", postgresql.JSONB, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.CheckConstraint(
            "author IN ('patient', 'clinician', 'assistant')", name=op.f("ck_messages_author")
        ),
        sa.CheckConstraint(
            "(author = 'assistant') = (author_id IS NULL)", name=op.f("ck_messages_author_id")
        ),
        sa.CheckConstraint(
            "status IN ('streaming', 'complete', 'stopped', 'failed', 'superseded', 'blocked')",
            name=op.f("ck_messages_status"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(
        "uq_messages_conversation_id_number",
        "messages",
        ["conversation_id", "number"],
        unique=True,
    )
    op.create_index(
        "ix_messages_plain",
        "messages",
        ["plain"],
        postgresql_using="gin",
        postgresql_ops={"plain": "gin_trgm_ops"},
    )
    op.create_table(
        "earlier_texts",
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_earlier_texts_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_earlier_texts")),
    )


def _create_log() -> None:
    op.create_table(
        "entries",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("message_id", sa.Uuid),
        sa.Column("content", postgresql.JSONB, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_entries_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_entries")),
    )
