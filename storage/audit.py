"""Who did what to whose data: one row in the transaction of what is done, ids and verbs only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    insert,
    text,
)
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
    Column("basis", Text),
    Column("position", BigInteger),
    Column("seal", LargeBinary),
    Index("uq_audit_log_position", "position", unique=True),
    Index("ix_audit_log_unsealed", "sequence", postgresql_where=text("position IS NULL")),
    Index("ix_audit_log_patient_id_at", "patient_id", "at"),
    Index("ix_audit_log_object_id_at", "object_id", "at"),
)

WRITE: Final = insert(audit_log)
Outcome = Literal["success", "denied", "failure"]


@dataclass(frozen=True)
class AuditRow:
    """What somebody did, or was refused.

    Attributes:
        actor_id: who did it.
        actor_role: in which roles.
        action: a verb, with the service in front of it.
        object_type: FHIR's word for the thing.
        object_id: which one; None for a search.
        at: when.
        patient_id: whose data it is.
        outcome: success, denied, or failure: of a sign-in, or what a rule refused to somebody
            who may otherwise do it.
        request_id: of the request.
        basis: why the actor may see the patient's data: own, a treatment relation, break-glass.
    """

    actor_id: UUID | None
    actor_role: str
    action: str
    object_type: str
    object_id: UUID | None
    at: datetime
    patient_id: UUID | None = None
    outcome: Outcome = "success"
    request_id: str | None = None
    basis: str | None = None


def write_rows(connection: Connection, rows: Sequence[AuditRow]) -> None:
    """Writes audit rows; they commit or fail with what they speak of."""
    connection.execute(WRITE, [asdict(row) for row in rows])


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
    outcome: Outcome = "success",
    request_id: str | None = None,
    basis: str | None = None,
) -> None:
    """Writes one audit row, with the fields of `AuditRow`."""
    row = AuditRow(
        actor_id=actor_id,
        actor_role=actor_role,
        action=action,
        object_type=object_type,
        object_id=object_id,
        at=at,
        patient_id=patient_id,
        outcome=outcome,
        request_id=request_id,
        basis=basis,
    )
    write_rows(connection, [row])
