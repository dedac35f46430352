"""Taking over entries that another system knows, many in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.logs import request_id
from deployments.medical_records.entries import Kind, line
from deployments.medical_records.entry_schemas import (
    ImportedEntry,
    ImportReceipt,
    ImportReceipts,
)
from deployments.medical_records.rules import IMPORT
from storage import audit
from storage.medical_records import entry_imports
from storage.medical_records.entry_imports import Imported

I = TypeVar("I", bound=ImportedEntry)  # noqa: E741


def import_many(
    connection: Connection,
    principal: Principal,
    kind: Kind[Any],
    imported: Sequence[I],
    columns_of: Callable[[I], Mapping[str, Any]],
    now: datetime,
) -> ImportReceipts:
    """Takes in entries with their versions and audit rows; charts are opened where needed.

    Idempotent by identifier: what a source says again changes nothing, nor does it change what
    was corrected or voided here. Of entries with the same identifier the last one counts.

    Args:
        connection: in a transaction.
        principal: the importer.
        kind: of entry.
        imported: what the other system says.
        columns_of: the columns of the content, without those that every entry has.
        now: the time.

    Raises:
        Forbidden: not the importer.
    """
    principal.require(Permission.RECORDS_IMPORT)
    rows = {one.identifier: _row(one, columns_of(one)) for one in imported}
    by = line(principal, "import", now)
    entry_imports.open_charts(connection, {one.patient_id for one in imported}, by)
    outcomes = entry_imports.import_many(connection, kind.model, list(rows.values()), by)
    by_identifier = dict(zip(rows, outcomes, strict=True))
    _write_audit(connection, principal, kind, rows.values(), outcomes, now)
    found = [by_identifier[one.identifier] for one in imported]
    return ImportReceipts(receipts=[ImportReceipt(id=one.id, outcome=one.outcome) for one in found])


def content_of(imported: ImportedEntry) -> dict[str, Any]:
    """What an entry says beside what all entries say, its code left out."""
    return imported.model_dump(exclude={*ImportedEntry.model_fields, "code"})


def _row(imported: ImportedEntry, content: Mapping[str, Any]) -> dict[str, Any]:
    said = imported.model_dump_json(exclude={"identifier"})
    return {
        **content,
        "patient_id": imported.patient_id,
        "encounter_id": imported.encounter_id,
        "recorded_at": imported.recorded_at,
        "recorder_id": imported.recorder_id,
        "identifier_system": imported.identifier.system,
        "identifier_value": imported.identifier.value,
        "source_digest": hashlib.sha256(said.encode()).hexdigest(),
    }


def _write_audit(
    connection: Connection,
    principal: Principal,
    kind: Kind[Any],
    rows: Iterable[Mapping[str, Any]],
    outcomes: Sequence[Imported],
    now: datetime,
) -> None:
    """A row for each entry that was written, and for each that was refused."""
    audit_rows = [
        audit.AuditRow(
            actor_id=principal.user_id,
            actor_role=principal.role,
            action="medical_records.import",
            object_type=kind.resource,
            object_id=one.id,
            at=now,
            patient_id=row["patient_id"],
            outcome="denied" if one.outcome == "conflict" else "success",
            request_id=request_id(),
            basis=str(IMPORT),
        )
        for row, one in zip(rows, outcomes, strict=True)
        if one.outcome != "unchanged"
    ]
    if audit_rows:
        audit.write_rows(connection, audit_rows)
