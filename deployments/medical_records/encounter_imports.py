"""Encounters that another system knows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_rules import OVER
from deployments.medical_records.encounter_schemas import ImportedEncounter
from deployments.medical_records.encounter_shapes import ENCOUNTER, dumped
from deployments.medical_records.entry_imports import import_many
from deployments.medical_records.entry_schemas import ImportReceipts
from deployments.medical_records.errors import AdmittedAlready
from storage.database import ConstraintViolated
from storage.medical_records import relations
from storage.medical_records.encounter_tables import ONE_ADMISSION


class EncounterImports:
    """Takes encounters in, many in one transaction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def import_encounters(
        self, principal: Principal, imported: Sequence[ImportedEncounter]
    ) -> ImportReceipts:
        """Takes in encounters; those who took part read as long as after ours. Nobody is told.

        Idempotent by identifier, like every import of entries. Reasons are kept as they come.

        Raises:
            Forbidden: not the importer.
            AdmittedAlready: a patient would have two stays that are not over; nothing of the
                batch is taken in.
        """
        principal.require(Permission.RECORDS_IMPORT)

        def work(connection: Connection) -> ImportReceipts:
            now = self._desk.clock()
            taken = import_many(connection, principal, ENCOUNTER, imported, _columns, now)
            related = [
                line
                for one, receipt in zip(imported, taken.receipts, strict=True)
                if receipt.outcome in {"created", "updated"}
                for line in _relations(one, receipt.id, now, self._desk.settings.after_encounter)
            ]
            if related:
                connection.execute(relations.NOTE, related)
            return taken

        try:
            taken = await self._desk.database.transact(work)
        except ConstraintViolated as violated:
            if violated.constraint == ONE_ADMISSION:
                raise AdmittedAlready from None
            raise
        for patient_id in {one.patient_id for one in imported}:
            await self._desk.changed(patient_id)
        return taken


def _columns(imported: ImportedEncounter) -> dict[str, Any]:
    return {
        "status": imported.status.value,
        "class_code": imported.encounter_class.value,
        "type_text": imported.type_text,
        "priority": imported.priority,
        "opened_as": "import",
        "start": imported.start,
        "end": imported.end,
        "reasons": dumped(imported.reasons),
        "participants": dumped(imported.participants),
        "location_text": imported.location_text,
        "appointment_id": None,
        "admit_source": imported.admit_source,
        "discharge_disposition": imported.discharge_disposition,
    }


def _relations(
    imported: ImportedEncounter, encounter_id: UUID, now: datetime, after: timedelta
) -> list[dict[str, Any]]:
    """Relations that still hold; those of long ago let nobody in and are not written."""
    over = imported.status in OVER or imported.end is not None
    ends_at = (imported.end or imported.start) + after if over else None
    if ends_at is not None and ends_at <= now:
        return []
    return [
        {
            "patient_id": imported.patient_id,
            "practitioner_id": one.practitioner_id,
            "kind": "encounter",
            "source_id": encounter_id,
            "starts_at": one.start,
            "ends_at": ends_at,
            "version": 0,
        }
        for one in {one.practitioner_id: one for one in imported.participants}.values()
    ]
