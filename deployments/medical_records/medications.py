"""What a patient takes: record, revise, stop; and what is taken now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import entry_rules
from deployments.medical_records.codes import RXNORM, check_code, code_columns, take_code
from deployments.medical_records.desk import Desk
from deployments.medical_records.entries import Chart, Kind, Row, Values, entry_values
from deployments.medical_records.entry_imports import content_of
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import FromPharmacy
from deployments.medical_records.medication_schemas import (
    CurrentMedications,
    ImportedMedication,
    MedicationMove,
    MedicationQuery,
    MedicationRequest,
    MedicationStatement,
    Stopping,
)
from deployments.medical_records.procedure_schemas import Moving
from deployments.pagination import Page
from storage.medical_records import medications
from storage.medical_records.chart_tables import Medication

GOING_ON: Final = frozenset({"active", "intended", "on-hold", "unknown"})


def medication_statement(row: Row) -> MedicationStatement:
    """Something that a patient takes, as callers see it."""
    values = entry_values(row)
    return MedicationStatement(code=take_code(values), **values)


MEDICATIONS: Final = Kind(
    resource="MedicationStatement",
    model=Medication,
    shape=medication_statement,
    voided={"status": "entered-in-error"},
)


class Medications:
    """Operations on medication; reading and history are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, MEDICATIONS)
        self._desk = desk

    async def list_current(self, principal: Principal, patient_id: UUID) -> CurrentMedications:
        """What the patient takes now, from anywhere.

        Raises:
            RecordNotFound: no chart that the caller may know of.
        """
        today = entry_rules.earliest_day(self._desk.clock())

        def work(connection: Connection) -> CurrentMedications:
            rows = medications.list_current(connection, patient_id, today)
            return CurrentMedications(items=[medication_statement(row) for row in rows])

        return await self._desk.gate.read(
            principal, patient_id, MEDICATIONS.resource, work, action="search"
        )

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: MedicationQuery
    ) -> Page[MedicationStatement]:
        """A page of a patient's entries, newest first.

        Raises:
            DomainError: as `Chart.list_page`.
        """
        matching = {"status": list(query.status)}
        return await self.chart.list_page(principal, patient_id, query, matching)

    async def record(
        self, principal: Principal, patient_id: UUID, request: MedicationRequest
    ) -> MedicationStatement:
        """Writes down something that the patient takes.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it contradicts itself.
            UnknownCode: not a code of RxNorm.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.add(principal, patient_id, prepare)

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        medication_id: UUID,
        request: MedicationRequest,
        expected: int | None = None,
    ) -> MedicationStatement:
        """Replaces what is said of something that the patient takes; its status moves by verbs.

        Raises:
            MoveNotAllowed: another status is said.
            FromPharmacy: it follows a prescription.
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            _check_own(row)
            return _columns(connection, entry_rules.keep_status(request, row), now)

        return await self.chart.change(
            principal, patient_id, medication_id, "revise", decide, expected
        )

    async def stop(
        self,
        principal: Principal,
        patient_id: UUID,
        medication_id: UUID,
        stopping: Stopping,
        expected: int | None = None,
    ) -> MedicationStatement:
        """The patient takes it no more.

        Raises:
            FromPharmacy: it follows a prescription, which is stopped instead.
            MoveNotAllowed: it has ended already.
            EntryInconsistent: it ended before it began, or in the future.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            _check_own(row)
            entry_rules.check_from("stop", row["status"], GOING_ON)
            ended = stopping.ended_on or row["ended_on"]
            entry_rules.refuse(
                entry_rules.day_errors(now, ended_on=ended)
                + entry_rules.order_errors("ended_on", row["started_on"], ended)
            )
            return {"status": "stopped", "status_reason": stopping.reason, "ended_on": ended}

        return await self.chart.change(
            principal, patient_id, medication_id, "stop", decide, expected
        )

    async def move(
        self,
        principal: Principal,
        patient_id: UUID,
        medication_id: UUID,
        move: MedicationMove,
        moving: Moving,
        expected: int | None = None,
    ) -> MedicationStatement:
        """The patient starts, pauses, resumes or completes it, or does not take it.

        Raises:
            FromPharmacy: it follows a prescription, which is moved instead.
            MoveNotAllowed: its status does not allow it.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            _check_own(row)
            moves = entry_rules.MEDICATION_MOVES
            status = entry_rules.check_move(moves, move, row["status"])
            return {"status": status, "status_reason": moving.reason}

        return await self.chart.change(principal, patient_id, medication_id, move, decide, expected)

    async def void(
        self,
        principal: Principal,
        patient_id: UUID,
        medication_id: UUID,
        voiding: Voiding,
        expected: int | None = None,
    ) -> MedicationStatement:
        """Says that an entry should never have been written; it stays, and says so.

        Raises:
            FromPharmacy: it follows a prescription, which pharmacy takes back instead: nobody
                shall hide from the next check what was handed out.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            _check_own(row)
            return self.chart.voided(principal, voiding, now)

        return await self.chart.change(
            principal, patient_id, medication_id, "void", decide, expected
        )


def imported_columns(imported: ImportedMedication) -> Mapping[str, Any]:
    """The columns of what another system knows."""
    coded = code_columns(imported.code.coding, imported.code.text)
    return _content(content_of(imported)) | coded


def _columns(connection: Connection, request: MedicationRequest, now: datetime) -> Values:
    found = entry_rules.order_errors("ended_on", request.started_on, request.ended_on)
    if request.status != "intended":
        found += entry_rules.day_errors(now, started_on=request.started_on)
    entry_rules.refuse(found)
    coded = check_code(connection, request.code, {RXNORM})
    return _content(request.model_dump(exclude={"code"})) | coded


def _content(said: dict[str, Any]) -> dict[str, Any]:
    """Columns of a medication; the dosage as the JSON that it is kept as."""
    return said | {"dosage": to_jsonable_python(said["dosage"])}


def _check_own(row: Row) -> None:
    if row["prescription_item_id"] is not None:
        raise FromPharmacy
