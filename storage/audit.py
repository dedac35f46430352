"""Who did what to whose data: one row in the transaction of the change, ids and verbs only."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Identity, Index, Table, Text, Uuid, insert
from sqlalchemy.dialects.postgresql import TIMESTAMP

from storage.columns import house

audit_log = Table(
    "audit_log",
    house,
    Column("sequence", BigInteger, Identity(), primary_key=True),
    Column("at", TIMESTAMP(timezone=True), nullable=False),
    Column("actor_id", Uuid),
    Column("actor_role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Uuid),
    Column("patient_id", Uuid),
    Column("outcome", Text, nullable=False),
    Column("request_id", Text),
    Index("ix_audit_log_patient_id_at", "patient_id", "at"),
    Index("ix_audit_log_object_id_at", "object_id", "at"),
)

WRITE: Final = insert(audit_log)


def write(
    connection: Connection,
    *,
    actor_id: UUID | None,
    actor_role: str,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None = None,
    outcome: str = "success",
    request_id: str | None = None,
) -> None:
    """Writes one audit row; it commits or fails with the change it speaks of."""
    connection.execute(
        WRITE,
        {
            "at": at,
            "actor_id": actor_id,
            "actor_role": actor_role,
            "action": action,
            "object_type": object_type,
            "object_id": object_id,
            "patient_id": patient_id,
            "outcome": outcome,
            "request_id": request_id,
        },
    )
