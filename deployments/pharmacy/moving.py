"""Moving a prescription: columns, history, audit row, and the event when it ends or goes on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.pharmacy import mapping
from deployments.pharmacy.events import PrescriptionReopened
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.recording import ORDER, step, write_audit
from deployments.pharmacy.transitions import (
    ENDED,
    FulfilmentStatus,
    Move,
    PrescriptionStatus,
    check_move,
)
from deployments.publishing import publish
from storage.pharmacy import prescriptions

REASONS = {
    Move.STOP: "stopped",
    Move.CANCEL: "cancelled",
    Move.REVISE: "revised",
    Move.RENEW: "completed",
    Move.EXPIRE: "expired",
    Move.COMPLETE: "completed",
    Move.ENTER_IN_ERROR: "entered-in-error",
}
"""What the event says of each move that ends a prescription."""


def move(
    connection: Connection,
    principal: Principal,
    kind: Move,
    row: Row,
    at: datetime,
    *,
    reason_code: str | None = None,
    text: str | None = None,
    values: dict[str, Any] | None = None,
    items: Sequence[Row] | None = None,
) -> Row:
    """Moves a prescription that is locked; whoever listens hears when one ends or goes on.

    Raises:
        MoveNotAllowed: one of its statuses does not allow it.
    """
    status = PrescriptionStatus(row["status"])
    fulfilment = FulfilmentStatus(row["fulfilment"]) if row["fulfilment"] else None
    changes: dict[str, Any] = {**check_move(kind, status, fulfilment), **(values or {})}
    ends = kind in REASONS and (status not in ENDED or kind is Move.ENTER_IN_ERROR)
    if ends:
        changes |= {"ended_at": at, "status_reason": reason_code or REASONS[kind]}
    line = step(principal, kind, at, reason_code=reason_code, text=text)
    changed = prescriptions.change(connection, row["id"], changes, line)
    _audit(connection, principal, kind, changed)
    if ends and row["signed_at"] is not None:
        listed = prescriptions.list_items(connection, row["id"]) if items is None else items
        publish(connection, mapping.ended(changed, listed, REASONS[kind], at))
    if kind is Move.TAKE_BACK:
        publish(connection, PrescriptionReopened(**mapping.about(changed)))
    return changed


def _audit(connection: Connection, principal: Principal, kind: Move, row: Row) -> None:
    write_audit(
        connection,
        principal,
        action=kind.value,
        object_type=ORDER,
        object_id=row["id"],
        patient_id=row["patient_id"],
        at=row["updated_at"],
    )
