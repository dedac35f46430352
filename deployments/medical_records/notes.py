"""Clinical notes: drafted, signed once, and from then on only added to."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.logs import get_logger
from deployments.medical_records import note_rules as rules
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounters import check_encounter
from deployments.medical_records.entries import (
    Chart,
    Kind,
    Row,
    Values,
    entry_values,
    get_locked,
    line,
)
from deployments.medical_records.entry_schemas import EntryHistory, Voiding
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.note_schemas import (
    LOINC_OF,
    Addenda,
    Draft,
    Note,
    NoteQuery,
    NoteRequest,
    NoteStatus,
    NoteType,
)
from deployments.pagination import Page
from storage.columns import new_id
from storage.medical_records import entries
from storage.medical_records import notes as rows
from storage.medical_records.encounter_tables import Note as NoteTable

log = get_logger("notes")
Find = Callable[[Connection], Row | None]


def shape(row: Mapping[Any, Any]) -> Note:
    """The note of a row; says so when it is not what was signed."""
    values = entry_values(row)
    intact = rules.is_intact(row)
    if intact is False:
        log.error("a signed note was changed", extra={"note_id": str(row["id"])})
    known = {"loinc": LOINC_OF[NoteType(row["type"])], "intact": intact}
    return Note.model_validate(values | known | {"author_id": row["recorder_id"]})


NOTE: Final = Kind(
    resource="Composition",
    model=NoteTable,
    shape=shape,
    voided={"status": NoteStatus.ENTERED_IN_ERROR.value},
)


class Notes:
    """Operations about notes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._chart = Chart(desk.gate, NOTE)

    async def write(self, principal: Principal, patient_id: UUID, request: NoteRequest) -> Note:
        """Writes a draft.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EncounterRefused: the patient has no such encounter.
            EncounterStatusRefused: the encounter is over.
        """

        def prepare(connection: Connection, _now: datetime) -> Values:
            check_encounter(connection, patient_id, request.encounter_id)
            started = {"status": NoteStatus.PRELIMINARY.value, "type": request.type.value}
            return _said(request) | started | {"encounter_id": request.encounter_id}

        return await self._chart.add(principal, patient_id, prepare, "write")

    async def rewrite(
        self,
        principal: Principal,
        patient_id: UUID,
        note_id: UUID,
        draft: Draft,
        expected: int | None = None,
    ) -> Note:
        """Changes a draft.

        Raises:
            RecordNotFound: none that the caller may know of.
            ChangedMeanwhile: it is not in the expected version.
            NotTheAuthor: somebody else wrote it.
            NoteStatusRefused: it is signed.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            rules.check_draft(principal, row)
            return _said(draft)

        return await self._chart.change(principal, patient_id, note_id, "rewrite", decide, expected)

    async def sign(
        self, principal: Principal, patient_id: UUID, note_id: UUID, expected: int | None = None
    ) -> Note:
        """Signs a draft: its text never changes again.

        Raises:
            DomainError: as `rewrite`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            rules.check_draft(principal, row)
            return _signed(row, principal, now)

        return await self._chart.change(principal, patient_id, note_id, "sign", decide, expected)

    async def add_to(
        self, principal: Principal, patient_id: UUID, note_id: UUID, addendum: Draft
    ) -> Note:
        """Adds a note of its own to a signed one, signed at once; the signed one is amended.

        Raises:
            RecordNotFound: none that the caller may know of.
            NoteStatusRefused: it is a draft, or an addendum.
        """

        def work(connection: Connection, now: datetime) -> Note:
            parent = get_locked(connection, NOTE.model, patient_id, note_id)
            rules.check_addable(parent)
            inherited = {name: parent[name] for name in ("patient_id", "encounter_id", "type")}
            values = {
                **inherited,
                **_said(addendum),
                "id": new_id(),
                "parent_id": note_id,
                "recorder_id": principal.user_id,
            }
            signed = values | _signed(values, principal, now)
            row = entries.add(connection, NOTE.model, signed, line(principal, "add", now))
            amended = {"status": NoteStatus.AMENDED.value}
            entries.change(connection, NOTE.model, note_id, amended, line(principal, "amend", now))
            return NOTE.shape(row)

        return await self._desk.gate.write(
            principal,
            patient_id,
            NOTE.resource,
            "add",
            work,
            *NOTE.writers,
            object_id=note_id,
        )

    async def void(
        self,
        principal: Principal,
        patient_id: UUID,
        note_id: UUID,
        voiding: Voiding,
        expected: int | None = None,
    ) -> Note:
        """A note should never have been written, or a draft is given up; it stays and says so.

        Raises:
            NotTheAuthor: neither its author nor a doctor.
            DomainError: as every entry's `void`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            rules.check_voidable(principal, row)
            return self._chart.voided(principal, voiding, now)

        return await self._chart.change(principal, patient_id, note_id, "void", decide, expected)

    async def get(
        self, principal: Principal, patient_id: UUID, note_id: UUID, at: datetime | None = None
    ) -> Note:
        """A note, as it is or was.

        Raises:
            RecordNotFound: none that the caller may know of.
        """

        def find(connection: Connection) -> Row | None:
            if at is None:
                return entries.find(connection, NOTE.model, patient_id, note_id)
            return entries.find_as_of(connection, NOTE.model, patient_id, note_id, at)

        return await self._visible(principal, patient_id, note_id, find)

    async def get_version(
        self, principal: Principal, patient_id: UUID, note_id: UUID, version: int
    ) -> Note:
        """A note as it was in a version.

        Raises:
            RecordNotFound: none that the caller may know of.
        """

        def find(connection: Connection) -> Row | None:
            return entries.find_version(connection, NOTE.model, patient_id, note_id, version)

        return await self._visible(principal, patient_id, note_id, find)

    async def list_history(
        self, principal: Principal, patient_id: UUID, note_id: UUID
    ) -> EntryHistory:
        """Who did what to a note; patients see that of signed ones.

        Raises:
            RecordNotFound: none that the caller may know of.
        """
        await self.get(principal, patient_id, note_id)
        return await self._chart.list_history(principal, patient_id, note_id)

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: NoteQuery
    ) -> Page[Note]:
        """A page of a patient's notes, newest first; patients see what is signed.

        Raises:
            RecordNotFound: no chart that the caller may know of.
        """
        matching: dict[str, list[Any]] = {}
        if query.type:
            matching["type"] = [one.value for one in query.type]
        if query.encounter_id is not None:
            matching["encounter_id"] = [query.encounter_id]
        if principal.user_id == patient_id:
            matching["status"] = [one.value for one in sorted(rules.SIGNED)]
        return await self._chart.list_page(principal, patient_id, query, matching)

    async def list_addenda(self, principal: Principal, patient_id: UUID, note_id: UUID) -> Addenda:
        """What was added to a note, oldest first; addenda are always signed.

        Raises:
            RecordNotFound: no such note, or none that the caller may know of.
        """

        def work(connection: Connection) -> Addenda:
            note = entries.find(connection, NOTE.model, patient_id, note_id)
            if note is None:
                raise RecordNotFound
            rules.check_visible(principal.user_id, note)
            found = rows.list_addenda(connection, patient_id, note_id)
            return Addenda(items=[shape(row) for row in found])

        return await self._desk.gate.read(
            principal, patient_id, NOTE.resource, work, object_id=note_id, action="search"
        )

    async def _visible(
        self, principal: Principal, patient_id: UUID, note_id: UUID, find: Find
    ) -> Note:
        def work(connection: Connection) -> Note:
            row = find(connection)
            if row is None:
                raise RecordNotFound
            rules.check_visible(principal.user_id, row)
            return shape(row)

        return await self._desk.gate.read(
            principal, patient_id, NOTE.resource, work, object_id=note_id
        )


def _said(draft: Draft) -> dict[str, Any]:
    return draft.model_dump(mode="json", include={"title", "language", "sections"})


def _signed(row: Row, principal: Principal, now: datetime) -> dict[str, Any]:
    """The columns of a signature under what the row says."""
    by = {"signed_at": now, "signed_by": principal.user_id}
    return {**by, "status": NoteStatus.FINAL.value, "digest": rules.digest_of({**row, **by})}
