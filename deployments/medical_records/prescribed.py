"""What the pharmacy prescribes is what a patient takes: entries that follow prescriptions.

News of a prescription may come twice, or its end before its beginning; the outcome is the same.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.logs import request_id
from deployments.medical_records.codes import RXNORM, code_columns
from deployments.medical_records.entries import Row, line
from deployments.medical_records.entry_schemas import Coding
from deployments.medical_records.medications import MEDICATIONS
from deployments.medical_records.rules import Basis
from deployments.pharmacy.events import (
    IssuedItem,
    PrescriptionEnded,
    PrescriptionEvent,
    PrescriptionIssued,
    PrescriptionReopened,
)
from storage import audit
from storage.medical_records import entries, entry_imports, medications

PHARMACY: Final = Principal.for_service("pharmacy")
STATUS_AFTER: Final[Mapping[str, str]] = {
    "stopped": "stopped",
    "revised": "stopped",
    "cancelled": "not-taken",
    "completed": "completed",
    "expired": "completed",
    "entered-in-error": "entered-in-error",
}
"""Ours: a revised prescription goes on as another; a cancelled one was never handed out."""
REOPENED: Final = "reopened"
"""Kept in the place of an end: the end before it is no end any more."""


def take_prescription(connection: Connection, event: PrescriptionIssued, now: datetime) -> None:
    """Writes an entry for each item of a prescription that was signed.

    Args:
        connection: in a transaction.
        event: what the pharmacy tells.
        now: the time.
    """
    medications.lock_prescription(connection, event.prescription_id)
    known = medications.list_prescribed(connection, event.prescription_id)
    known_items = {row["prescription_item_id"] for row in known}
    end = medications.find_end(connection, event.prescription_id)
    by = line(PHARMACY, "prescribe", now)
    entry_imports.open_charts(connection, {event.patient_id}, by)
    for item in event.items:
        if item.item_id in known_items:
            continue
        values = _columns(event, item)
        if end is not None and end["reason"] != REOPENED:
            values |= _ended(end, values, now)
        _audit(connection, event, entries.add(connection, MEDICATIONS.model, values, by))


def end_prescription(connection: Connection, event: PrescriptionEnded, now: datetime) -> None:
    """Ends the entries of a prescription that is over, or remembers that it is.

    What was handed out is taken until it is used up: till then the entry stays active.

    Args:
        connection: in a transaction.
        event: what the pharmacy tells.
        now: the time.
    """
    medications.lock_prescription(connection, event.prescription_id)
    known = medications.find_end(connection, event.prescription_id)
    if known is not None and known["version"] >= event.version:
        return
    end = {
        "version": event.version,
        "reason": event.reason,
        "taken_until": event.taken_until,
        "at": event.occurred_at,
    }
    medications.keep_end(connection, event.prescription_id, **end)
    by = line(PHARMACY, "end", now)
    for row in medications.list_prescribed(connection, event.prescription_id):
        if row["voided_at"] is None:
            values = _ended(end, row, now)
            _audit(
                connection,
                event,
                entries.change(connection, MEDICATIONS.model, row["id"], values, by),
            )


def reopen_prescription(connection: Connection, event: PrescriptionReopened, now: datetime) -> None:
    """Lets the entries of a prescription go on that can be filled again, or remembers it.

    Args:
        connection: in a transaction.
        event: what the pharmacy tells.
        now: the time.
    """
    medications.lock_prescription(connection, event.prescription_id)
    known = medications.find_end(connection, event.prescription_id)
    if known is not None and known["version"] >= event.version:
        return
    again = {"reason": REOPENED, "taken_until": None, "at": event.occurred_at}
    medications.keep_end(connection, event.prescription_id, version=event.version, **again)
    by = line(PHARMACY, "reopen", now)
    for row in medications.list_prescribed(connection, event.prescription_id):
        if row["voided_at"] is None:
            values = {"status": "active", "status_reason": None, "ended_on": None}
            changed = entries.change(connection, MEDICATIONS.model, row["id"], values, by)
            _audit(connection, event, changed)


def _columns(event: PrescriptionIssued, item: IssuedItem) -> dict[str, Any]:
    coding = Coding(system=RXNORM, code=item.rxnorm, display=item.display) if item.rxnorm else None
    return {
        "patient_id": event.patient_id,
        "encounter_id": event.encounter_id,
        "recorder_id": event.practitioner_id,
        "status": "active",
        "dosage_text": item.dosage,
        "started_on": event.occurred_at.date(),
        "information_source": "pharmacy",
        "prescription_id": event.prescription_id,
        "prescription_item_id": item.item_id,
        **code_columns(coding, item.display),
    }


def _ended(end: Row, begun: Row, now: datetime) -> dict[str, Any]:
    """The columns of an entry whose prescription has ended."""
    until: datetime | None = end["taken_until"]
    goes_on = until is not None and until > now
    status = "active" if goes_on else STATUS_AFTER.get(end["reason"], "unknown")
    last = max((until or end["at"]).date(), begun["started_on"])
    values = {"status": status, "status_reason": end["reason"], "ended_on": last}
    if status == "entered-in-error":
        who = {"voided_by": PHARMACY.user_id, "void_reason": "prescription entered in error"}
        values |= {"voided_at": now, **who}
    return values


def _audit(connection: Connection, event: PrescriptionEvent, row: Row) -> None:
    audit.write(
        connection,
        actor_id=PHARMACY.user_id,
        actor_role=PHARMACY.role,
        action="medical_records.follow_prescription",
        object_type=MEDICATIONS.resource,
        object_id=row["id"],
        patient_id=row["patient_id"],
        request_id=request_id(),
        basis=str(Basis("order", event.prescription_id)),
        at=row["updated_at"],
    )
