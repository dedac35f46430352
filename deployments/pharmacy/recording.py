"""What every change in the pharmacy leaves behind: a step of history and an audit row."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.logs import request_id
from deployments.pharmacy.transitions import Move
from storage import audit
from storage.audit import AuditRow
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


def audit_row(
    principal: Principal,
    *,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None = None,
    outcome: str = "success",
    basis: str | None = None,
) -> AuditRow:
    """An audit row in the caller's name."""
    return AuditRow(
        actor_id=principal.user_id,
        actor_role=principal.role,
        action=f"pharmacy.{action}",
        object_type=object_type,
        object_id=object_id,
        at=at,
        patient_id=patient_id,
        outcome=outcome,
        request_id=request_id(),
        basis=basis,
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
        action=action,
        object_type=object_type,
        object_id=object_id,
        at=at,
        patient_id=patient_id,
        basis=basis,
    )
    audit.write_rows(connection, [row])
