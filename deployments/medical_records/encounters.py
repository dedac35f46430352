"""Encounters: opened, moved along, closed when nothing is left undone."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.errors import FieldError
from deployments.medical_records import encounter_rules as rules
from deployments.medical_records import relations
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_opening import Opener
from deployments.medical_records.encounter_rules import (
    EncounterClass,
    EncounterMove,
    EncounterStatus,
)
from deployments.medical_records.encounter_schemas import (
    Encounter,
    EncounterQuery,
    EncounterRequest,
    Finishing,
)
from deployments.medical_records.encounter_shapes import ENCOUNTER
from deployments.medical_records.entries import Chart, Row, Values
from deployments.medical_records.entry_schemas import EntryHistory, Voiding
from deployments.medical_records.errors import (
    AdmittedAlready,
    EncounterRefused,
)
from deployments.medical_records.events import EncounterFinished
from deployments.pagination import Page
from deployments.publishing import publish
from storage.database import ConstraintViolated
from storage.medical_records import encounters, entries, notes
from storage.medical_records.encounter_tables import ONE_ADMISSION

Effect = Callable[[Connection, Row, datetime], Values]
"""What a move does beside changing the status: further columns, and rows of its own."""


class Encounters:
    """Operations about encounters."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._chart = Chart(desk.gate, ENCOUNTER)
        self._opener = Opener(desk)

    async def open(
        self, principal: Principal, patient_id: UUID, request: EncounterRequest
    ) -> Encounter:
        """Opens an encounter; see `Opener.open` for who may.

        Raises:
            AdmittedAlready: the patient has a stay that is not over.
            DomainError: as `Opener.open`.
        """
        try:
            return await self._opener.open(principal, patient_id, request)
        except ConstraintViolated as violated:
            raise _refusal(violated) from None

    async def get(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        at: datetime | None = None,
    ) -> Encounter:
        """An encounter, as it is or was."""
        return await self._chart.get(principal, patient_id, encounter_id, at)

    async def get_version(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, version: int
    ) -> Encounter:
        """An encounter as it was in a version."""
        return await self._chart.get_version(principal, patient_id, encounter_id, version)

    async def list_history(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID
    ) -> EntryHistory:
        """Every move of an encounter, with who and when."""
        return await self._chart.list_history(principal, patient_id, encounter_id)

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: EncounterQuery
    ) -> Page[Encounter]:
        """A page of a patient's encounters, latest start first."""
        matching = {"status": [one.value for one in query.status]} if query.status else None
        return await self._chart.list_page(principal, patient_id, query, matching)

    async def arrive(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """The patient is here: the encounter begins to count.

        Raises:
            RecordNotFound: none that the caller may change.
            ChangedMeanwhile: it is not in the expected version.
            EncounterStatusRefused: its status does not allow it.
        """
        return await self._move(
            principal, patient_id, encounter_id, EncounterMove.ARRIVE, expected, _begin
        )

    async def triage(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """It is known how urgent it is. Raises as `arrive`."""
        return await self._move(principal, patient_id, encounter_id, EncounterMove.TRIAGE, expected)

    async def start(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """The treatment begins.

        Raises:
            AdmittedAlready: the patient has another stay that is not over.
            DomainError: as `arrive`.
        """
        return await self._move(
            principal, patient_id, encounter_id, EncounterMove.START, expected, _begin_planned
        )

    async def leave(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """The patient is away for a while. Raises as `arrive`."""
        return await self._move(principal, patient_id, encounter_id, EncounterMove.LEAVE, expected)

    async def resume(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """The patient is back. Raises as `arrive`."""
        return await self._move(principal, patient_id, encounter_id, EncounterMove.RETURN, expected)

    async def finish(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        finishing: Finishing,
        expected: int | None,
    ) -> Encounter:
        """The encounter ends as it should; its people still read for some days.

        Raises:
            EncounterNotClosable: a note is unsigned, or an order waits for somebody.
            EncounterRefused: its end, or its discharge, is not possible.
            DomainError: as `arrive`.
        """

        def effect(connection: Connection, row: Row, now: datetime) -> Values:
            end = finishing.end or now
            rules.check_period(row["start"], end, now)
            disposition = finishing.discharge_disposition
            rules.check_discharge(EncounterClass(row["class_code"]), disposition)
            rules.check_closable(
                notes.list_drafts(connection, encounter_id),
                encounters.list_open_orders(connection, encounter_id),
            )
            relations.finish_encounter(connection, self._desk.settings, encounter_id, end)
            who = {"patient_id": patient_id, "practitioner_id": principal.user_id}
            told = EncounterFinished(encounter_id=encounter_id, occurred_at=now, **who)
            publish(connection, told)
            return {"end": end, "discharge_disposition": disposition}

        return await self._move(
            principal, patient_id, encounter_id, EncounterMove.FINISH, expected, effect
        )

    async def cancel(
        self, principal: Principal, patient_id: UUID, encounter_id: UUID, expected: int | None
    ) -> Encounter:
        """It does not take place, and lets nobody read any more. Raises as `arrive`."""

        def effect(connection: Connection, _row: Row, now: datetime) -> Values:
            relations.cancel_encounter(connection, encounter_id, now)
            return {}

        return await self._move(
            principal, patient_id, encounter_id, EncounterMove.CANCEL, expected, effect
        )

    async def void(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        voiding: Voiding,
        expected: int | None,
    ) -> Encounter:
        """It should never have been written: it stays, says so, and lets nobody read any more.

        Raises:
            EncounterNotClosable: a note is unsigned, or an order waits for somebody.
            DomainError: as every entry's `void`.
        """

        def decide(connection: Connection, _row: Row, now: datetime) -> Values:
            rules.check_closable(
                notes.list_drafts(connection, encounter_id),
                encounters.list_open_orders(connection, encounter_id),
            )
            relations.cancel_encounter(connection, encounter_id, now)
            return self._chart.voided(principal, voiding, now)

        return await self._chart.change(
            principal, patient_id, encounter_id, "void", decide, expected
        )

    async def _move(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        move: EncounterMove,
        expected: int | None,
        effect: Effect | None = None,
    ) -> Encounter:
        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            target = rules.check_move(move, EncounterStatus(row["status"]))
            more: Values = effect(connection, row, now) if effect else {}
            return {"status": target.value, **more}

        try:
            return await self._chart.change(
                principal, patient_id, encounter_id, move.value, decide, expected
            )
        except ConstraintViolated as violated:
            raise _refusal(violated) from None


def check_encounter(connection: Connection, patient_id: UUID, encounter_id: UUID | None) -> None:
    """Something may be written into the chart during this encounter, or during none.

    Locks the encounter, so that it cannot finish before the caller's transaction does.

    Raises:
        EncounterRefused: the patient has no such encounter.
        EncounterStatusRefused: it is over.
    """
    if encounter_id is None:
        return
    row = entries.find(connection, ENCOUNTER.model, patient_id, encounter_id, lock=True)
    if row is None:
        message = "no encounter of this patient"
        raise EncounterRefused(message, [FieldError("/encounter_id", "not_found", message)])
    rules.check_open(EncounterStatus(row["status"]))


def _begin(_connection: Connection, _row: Row, now: datetime) -> Values:
    return {"start": now}


def _begin_planned(_connection: Connection, row: Row, now: datetime) -> Values:
    """What has begun keeps its beginning."""
    planned = row["status"] == EncounterStatus.PLANNED
    return {"start": now} if planned else {}


def _refusal(violated: ConstraintViolated) -> Exception:
    return AdmittedAlready() if violated.constraint == ONE_ADMISSION else violated
