"""What every move in the laboratory leaves behind, and how a lost race is answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.journal import audit_row
from deployments.laboratory import states
from deployments.laboratory.errors import ChangedMeanwhile, MoveNotAllowed
from storage import audit
from storage.audit import AuditRow
from storage.laboratory import moves
from storage.laboratory.moves import NO_REASON, Kind, Mover, Why

STEPS: Final = {"order": states.ORDER, "specimen": states.SPECIMEN, "test": states.TEST}
OBJECT: Final = {"order": "ServiceRequest", "specimen": "Specimen", "test": "Observation"}
"""FHIR R4 resource types, for audit rows."""


def mover_of(principal: Principal) -> Mover:
    """The caller, as moves name them."""
    return Mover(principal.user_id, principal.role)


def step(
    connection: Connection,
    kind: Kind,
    ids: Sequence[UUID],
    name: str,
    mover: Mover,
    at: datetime,
    *,
    why: Why = NO_REASON,
    version: int | None = None,
    **columns: Any,
) -> Sequence[Row[Any]]:
    """Moves those that stand where the move may begin; see `storage.laboratory.moves.move`."""
    rule = STEPS[kind][name]
    return moves.move(
        connection,
        kind,
        ids,
        to=rule.target,
        allowed_from=rule.sources,
        name=name,
        mover=mover,
        at=at,
        why=why,
        version=version,
        **columns,
    )


def refuse(kind: Kind, name: str, now: Row[Any], version: int | None) -> NoReturn:
    """Says why something did not move.

    Raises:
        ChangedMeanwhile: it is in another version than the caller read.
        MoveNotAllowed: its status does not allow the move.
    """
    if version is not None and now.version != version:
        raise ChangedMeanwhile(f"version {now.version} is there, {version} was expected")
    raise MoveNotAllowed(f"{name} is not possible while the {kind} is {now.status}")


def write_audit(
    connection: Connection,
    principal: Principal,
    action: str,
    object_type: str,
    object_id: UUID | None,
    at: datetime,
    patient_id: UUID | None,
) -> None:
    """Writes an audit row in the transaction of what it speaks of."""
    row = audit_row(
        principal, f"laboratory.{action}", object_type, object_id, at, patient_id=patient_id
    )
    audit.write_rows(connection, [row])


def audit_move(
    connection: Connection, mover: Mover, action: str, object_id: UUID, at: datetime, patient: UUID
) -> None:
    """Writes an audit row in the name of whoever moved something: a person, or our software."""
    row = AuditRow(
        actor_id=mover.actor_id,
        actor_role=mover.actor_role,
        action=f"laboratory.{action}",
        object_type=OBJECT["test"],
        object_id=object_id,
        at=at,
        patient_id=patient,
    )
    audit.write_rows(connection, [row])
