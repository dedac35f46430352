"""What every change in the pharmacy leaves behind: a step of history and an audit row."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.journal import audit_row
from deployments.pharmacy.transitions import Move
from storage import audit
from storage.pharmacy.prescriptions import Step

ORDER: Final = "MedicationRequest"


def step(
    principal: Principal,
    move: Move,
    at: datetime,
    *,
    reason_code: str | None = None,
    text: str | None = None,
) -> Step:
    """A line of history in the caller's name."""
    return Step(
        move=move.value,
        actor_id=principal.user_id,
        actor_role=principal.role,
        at=at,
        reason_code=reason_code,
        text=text,
    )


def write_audit(
    connection: Connection,
    principal: Principal,
    *,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None = None,
    basis: str | None = None,
) -> None:
    """Writes an audit row in the transaction of what it speaks of."""
    row = audit_row(
        principal,
        f"pharmacy.{action}",
        object_type,
        object_id,
        at,
        patient_id=patient_id,
        basis=basis,
    )
    audit.write_rows(connection, [row])
