"""What signing a prescription is made of, inside its transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.pharmacy import judging, mapping, rules
from deployments.pharmacy.checking import Examined
from deployments.pharmacy.codes import Schedule
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.judging import Judged
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.prescription_schemas import FindingView, Override, Prescription
from deployments.pharmacy.recording import ORDER, write_audit
from deployments.pharmacy.transitions import FulfilmentStatus, Move, PrescriptionStatus
from deployments.publishing import publish
from storage.pharmacy import prescriptions


def judge(seen: Examined, overrides: Sequence[Override]) -> list[Judged]:
    """The findings with what overrides them.

    Raises:
        DuplicateTherapy: an ingredient is ordered already.
        Contraindicated: the check found what must not be.
        OverrideNeeded: a finding needs a reason.
    """
    rules.check_parallel(seen.planned, seen.own)
    declared = judging.declared_parallel(seen.findings, seen.planned)
    return judging.judge(seen.findings, overrides, seen.names, declared)


def draft(seen: Examined) -> dict[str, Any]:
    """The columns of a draft."""
    return {"status": PrescriptionStatus.DRAFT.value, "controlled": _is_controlled(seen)}


def signed(seen: Examined, now: datetime, desk: Desk) -> dict[str, Any]:
    """The columns that signing sets."""
    return {
        "status": PrescriptionStatus.ACTIVE.value,
        "fulfilment": FulfilmentStatus.RECEIVED.value,
        "controlled": _is_controlled(seen),
        "signed_at": now,
        "valid_until": rules.valid_until(seen.planned, now, desk.settings),
        "taken_until": rules.taken_until(seen.planned, now),
    }


def _is_controlled(seen: Examined) -> bool:
    return any(item.product.schedule != Schedule.NONE for item in seen.planned)


def keep(
    connection: Connection,
    principal: Principal,
    order_id: UUID,
    judged: Sequence[Judged],
    seen: Examined,
    now: datetime,
) -> None:
    """Keeps what the check said, and who went on in spite of it."""
    rows = [
        mapping.finding_values(one, seen.names, "signing", principal.user_id, now) for one in judged
    ]
    prescriptions.add_findings(connection, order_id, rows)


def told(judged: Sequence[Judged], seen: Examined) -> list[FindingView]:
    """What the check said, as the prescriber is answered."""
    return [judging.view(one.finding, seen.names, one.override) for one in judged]


def issue(
    connection: Connection,
    principal: Principal,
    kind: Move,
    row: Row,
    items: Sequence[Row],
    findings: Sequence[FindingView],
) -> Prescription:
    """Audits, publishes what was signed, and answers."""
    written = mapping.prescription(row, items, findings)
    write_audit(
        connection,
        principal,
        action=kind.value,
        object_type=ORDER,
        object_id=written.id,
        patient_id=written.patient_id,
        at=written.updated_at,
    )
    if kind is Move.SIGN:
        publish(connection, mapping.issued(written, written.updated_at))
    return written
