"""What can be done with an entry of a chart, whatever it is; the verbs are each topic's own.

Reads and writes pass the gate. An entry is never deleted but voided, and each of its versions
can be read.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.errors import FieldError
from deployments.medical_records.entry_kinds import E, Kind, Row, Values, entry_values
from deployments.medical_records.entry_schemas import (
    EntryHistory,
    EntryQuery,
    EntryVersion,
    Voiding,
)
from deployments.medical_records.errors import (
    ChangedMeanwhile,
    EntryInconsistent,
    EntryVoided,
    RecordNotFound,
)
from deployments.medical_records.gate import Gate
from deployments.pagination import Page, decode_cursor, page_of
from storage.medical_records import entries
from storage.medical_records.base import Base
from storage.medical_records.encounter_tables import Encounter
from storage.medical_records.entries import Line, Listing

__all__ = ["Chart", "Kind", "Row", "Values", "entry_values", "get_locked", "line"]

R = TypeVar("R")
Prepare = Callable[[Connection, datetime], Values]
"""Gives the columns of a new entry, or raises what speaks against it."""
Decide = Callable[[Connection, Row, datetime], Values]
"""Gives the columns that change, from the row as it is, or raises what speaks against it."""


class Chart(Generic[E]):
    """The entries of one kind in all charts.

    Args:
        gate: every chart's.
        kind: of entry.
    """

    def __init__(self, gate: Gate, kind: Kind[E]) -> None:
        self._gate = gate
        self.kind = kind

    async def get(
        self, principal: Principal, patient_id: UUID, entry_id: UUID, at: datetime | None = None
    ) -> E:
        """An entry, as it is or as it was at a moment.

        Raises:
            RecordNotFound: none that the caller may know of, or not yet then.
        """

        def work(connection: Connection) -> E:
            model = self.kind.model
            if at is None:
                return self._shaped(entries.find(connection, model, patient_id, entry_id))
            return self._shaped(entries.find_as_of(connection, model, patient_id, entry_id, at))

        return await self._read(principal, patient_id, work, entry_id)

    async def get_version(
        self, principal: Principal, patient_id: UUID, entry_id: UUID, version: int
    ) -> E:
        """An entry as it was in a version.

        Raises:
            RecordNotFound: none that the caller may know of.
        """

        def work(connection: Connection) -> E:
            model = self.kind.model
            row = entries.find_version(connection, model, patient_id, entry_id, version)
            return self._shaped(row)

        return await self._read(principal, patient_id, work, entry_id)

    async def list_history(
        self, principal: Principal, patient_id: UUID, entry_id: UUID
    ) -> EntryHistory:
        """Who changed an entry, when and how.

        Raises:
            RecordNotFound: none that the caller may know of.
        """

        def work(connection: Connection) -> EntryHistory:
            rows = entries.list_versions(connection, self.kind.model, patient_id, entry_id)
            if not rows:
                raise RecordNotFound
            versions = [EntryVersion.model_validate(dict(row)) for row in rows]
            return EntryHistory(entry_id=entry_id, versions=versions)

        return await self._read(principal, patient_id, work, entry_id)

    async def list_page(
        self,
        principal: Principal,
        patient_id: UUID,
        query: EntryQuery,
        matching: Mapping[str, list[Any]] | None = None,
        *,
        since: Any = None,
        before: Any = None,
    ) -> Page[E]:
        """A page of a patient's entries, newest first.

        Args:
            principal: who reads.
            patient_id: whose chart.
            query: which page.
            matching: accepted values by column; none accepts all.
            since: smallest accepted value of the column by which the kind is listed.
            before: values of that column from here on are left out.

        Raises:
            RecordNotFound: no chart that the caller may know of.
            InvalidCursor: the cursor is not from this list.
        """
        after = decode_cursor(query.cursor, self.kind.moment, UUID) if query.cursor else None
        wanted = Listing(
            matching=matching or {},
            include_voided=query.include_voided,
            after=(after[0], after[1]) if after else None,
            order=self.kind.order,
            since=since,
            before=before,
        )

        def work(connection: Connection) -> Page[E]:
            rows = entries.list_page(
                connection, self.kind.model, patient_id, wanted, query.limit + 1
            )
            shown = page_of(rows, query.limit, lambda row: (row[self.kind.order], row["id"]))
            items = [self.kind.shape(row) for row in shown.items]
            return Page(items=items, next_cursor=shown.next_cursor)

        return await self._gate.read(
            principal, patient_id, self.kind.resource, work, action="search"
        )

    async def add(
        self, principal: Principal, patient_id: UUID, prepare: Prepare, move: str = "record"
    ) -> E:
        """Writes a new entry.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            DomainError: what `prepare` raises.
        """

        def work(connection: Connection, now: datetime) -> E:
            values = {"patient_id": patient_id, **prepare(connection, now)}
            check_encounter(connection, patient_id, values.get("encounter_id"))
            row = entries.add(connection, self.kind.model, values, line(principal, move, now))
            return self.kind.shape(row)

        return await self._gate.write(
            principal, patient_id, self.kind.resource, move, work, *self.kind.writers
        )

    async def change(
        self,
        principal: Principal,
        patient_id: UUID,
        entry_id: UUID,
        move: str,
        decide: Decide,
        expected: int | None = None,
    ) -> E:
        """Makes a new version of an entry that is not voided.

        Args:
            principal: who changes it.
            patient_id: whose chart.
            entry_id: which entry.
            move: the verb.
            decide: what changes.
            expected: the version that the caller saw, if it says so.

        Raises:
            RecordNotFound: none that the caller may write to.
            ChangedMeanwhile: it is not in the expected version.
            EntryVoided: it was made in error.
            DomainError: what `decide` raises.
        """

        def work(connection: Connection, now: datetime) -> E:
            row = get_locked(connection, self.kind.model, patient_id, entry_id, expected)
            values, by = decide(connection, row, now), line(principal, move, now)
            encounter_id = values.get("encounter_id", row["encounter_id"])
            if encounter_id != row["encounter_id"]:
                check_encounter(connection, patient_id, encounter_id)
            changed = entries.change(connection, self.kind.model, entry_id, values, by)
            return self.kind.shape(changed)

        return await self._gate.write(
            principal,
            patient_id,
            self.kind.resource,
            move,
            work,
            *self.kind.writers,
            object_id=entry_id,
        )

    async def void(
        self,
        principal: Principal,
        patient_id: UUID,
        entry_id: UUID,
        voiding: Voiding,
        expected: int | None = None,
    ) -> E:
        """Says that an entry should never have been written; it stays, and says so.

        Raises:
            DomainError: as `change`.
        """

        def decide(_connection: Connection, _row: Row, now: datetime) -> Values:
            return self.voided(principal, voiding, now)

        return await self.change(principal, patient_id, entry_id, "void", decide, expected)

    def voided(self, principal: Principal, voiding: Voiding, now: datetime) -> Values:
        """The columns of an entry that the caller voids."""
        who = {"voided_by": principal.user_id, "void_reason": voiding.reason}
        return {**self.kind.voided, "voided_at": now, **who}

    def _shaped(self, row: Row | None) -> E:
        if row is None:
            raise RecordNotFound
        return self.kind.shape(row)

    async def _read(
        self,
        principal: Principal,
        patient_id: UUID,
        work: Callable[[Connection], R],
        entry_id: UUID,
    ) -> R:
        return await self._gate.read(
            principal, patient_id, self.kind.resource, work, object_id=entry_id
        )


def get_locked(
    connection: Connection,
    model: type[Base],
    patient_id: UUID,
    entry_id: UUID,
    expected: int | None = None,
) -> Row:
    """An entry that can be changed, locked until the transaction ends.

    Raises:
        RecordNotFound: the patient has no such entry.
        ChangedMeanwhile: it is not in the expected version.
        EntryVoided: it was made in error.
    """
    row = entries.find(connection, model, patient_id, entry_id, lock=True)
    if row is None:
        raise RecordNotFound
    if expected is not None and row["version"] != expected:
        raise ChangedMeanwhile
    if row["voided_at"] is not None:
        raise EntryVoided
    return row


def check_encounter(connection: Connection, patient_id: UUID, encounter_id: UUID | None) -> None:
    """Passes when an entry names no encounter, or one of the patient that is not voided.

    Raises:
        EntryInconsistent: another patient's encounter, a voided one, or none at all: all alike.
    """
    if encounter_id is None:
        return
    found = entries.find(connection, Encounter, patient_id, encounter_id)
    if found is None or found["voided_at"] is not None:
        problem = FieldError("/encounter_id", "unknown", "no such encounter of this patient")
        raise EntryInconsistent("see errors", [problem])


def line(principal: Principal, move: str, at: datetime) -> Line:
    """A line of an entry's history in the caller's name."""
    return Line(move, principal.user_id, principal.role, at)
