"""The one door to every chart: decide, do, and write down who did it, in one transaction.

Whatever is read or written of a patient goes through here, so that no route can forget to ask
or to leave its audit row. What a caller may not know of looks like what does not exist.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import NoReturn, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.clock import Clock
from deployments.errors import DomainError, Forbidden, NotFound
from deployments.journal import Journal, audit_row
from deployments.medical_records import grounds
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.rules import REVIEW, Basis
from storage.audit import AuditRow, write_rows
from storage.database import ConstraintViolated, Database
from storage.medical_records import access
from storage.medical_records.timeline import KINDS

T = TypeVar("T")


class Identified(Protocol):
    """What is written has an id."""

    @property
    def id(self) -> UUID:
        """Of the entry."""


W = TypeVar("W", bound=Identified)
Changed = Callable[[UUID], Awaitable[None]]
"""Called with the patient after COMMIT: kept answers about them are old."""


class Gate:
    """Lets in who may, to what they may, and remembers it.

    Args:
        database: of this service.
        journal: for what has no transaction: denials.
        clock: tells the time.
        changed: drops kept answers about a patient.
    """

    def __init__(
        self, database: Database, journal: Journal, clock: Clock, changed: Changed
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._changed = changed

    async def read(
        self,
        principal: Principal,
        patient_id: UUID,
        kind: str,
        work: Callable[[Connection], T],
        *,
        object_id: UUID | None = None,
        action: str = "read",
        vouched: Basis | None = None,
    ) -> T:
        """Reads data of one kind.

        Args:
            principal: who reads.
            patient_id: whose chart.
            kind: FHIR resource type of what is read.
            work: reads it; what it does not find is refused like a foreign chart.
            object_id: the entry, when it is one.
            action: the verb of the audit row.
            vouched: a treatment relation that another service vouches for.

        Raises:
            RecordNotFound: no such patient or entry, or none that the caller may know of.
        """

        def all_of_it(connection: Connection, _visible: frozenset[str]) -> T:
            return work(connection)

        return await self.read_kinds(
            principal,
            patient_id,
            {kind},
            all_of_it,
            kind=kind,
            object_id=object_id,
            action=action,
            vouched=vouched,
        )

    async def read_kinds(
        self,
        principal: Principal,
        patient_id: UUID,
        kinds: Collection[str],
        work: Callable[[Connection, frozenset[str]], T],
        *,
        kind: str = "Bundle",
        object_id: UUID | None = None,
        action: str = "read",
        vouched: Basis | None = None,
        needs_all: bool = False,
    ) -> T:
        """Reads data of several kinds at once: summary, timeline, search.

        Args:
            principal: who reads.
            patient_id: whose chart.
            kinds: FHIR resource types that are asked for.
            work: gets those of them that the caller may read, at least one; it must not touch
                the others.
            kind: FHIR resource type of the whole, for the audit row.
            object_id: the entry, when it is one.
            action: the verb of the audit row.
            vouched: a treatment relation that another service vouches for.
            needs_all: refuse unless every kind may be read.

        Raises:
            RecordNotFound: as `read`.
        """
        row = self._row(principal, patient_id, kind, action, object_id)

        def attempt(connection: Connection) -> T:
            now = self._clock()
            bases = grounds.of_reading(connection, now, principal, patient_id, kinds, vouched)
            if not bases or (needs_all and len(bases) < len(set(kinds))):
                raise RecordNotFound
            answer = work(connection, frozenset(bases))
            write_rows(connection, [_granted(row, now, bases.values(), object_id)])
            return answer

        try:
            return await self._database.transact(attempt, keyed=False)
        except DomainError as refusal:
            raise await self._noted(row, refusal) from None

    async def write(
        self,
        principal: Principal,
        patient_id: UUID,
        kind: str,
        action: str,
        work: Callable[[Connection, datetime], W],
        *permissions: Permission,
        admits: bool = False,
        object_id: UUID | None = None,
    ) -> W:
        """Changes a chart; the first change opens it.

        Args:
            principal: who writes.
            patient_id: whose chart.
            kind: FHIR resource type of what is written.
            action: the verb of the audit row.
            work: changes it at the moment that it is told, and returns the answer.
            *permissions: one of them is needed, beside being let in.
            admits: for what begins a treatment: no relation is needed, as long as the patient
                has not denied the caller. The caller of this asks users for the patient first.
            object_id: the entry, when the caller named one, for the audit row of a denial.

        Raises:
            Forbidden: none of the permissions is held.
            DomainError: what `work` refuses to somebody who was let in; written down as a failure.
            RecordNotFound: no such patient or entry, or none that the caller may know of.
        """
        row = self._row(principal, patient_id, kind, action, object_id)

        def attempt(connection: Connection) -> W:
            principal.require(*permissions)
            now = self._clock()
            basis = grounds.of_change(
                connection, now, principal, patient_id, kind, permissions, admits=admits
            )
            access.open_record(connection, patient_id, principal.user_id, now)
            answer = work(connection, now)
            write_rows(connection, [_granted(row, now, [basis], answer.id)])
            return answer

        try:
            answer = await self._database.transact(attempt)
        except (DomainError, ConstraintViolated) as refusal:
            raise await self._noted(row, refusal) from None
        await self._changed(patient_id)
        return answer

    async def readmit(self, principal: Principal, patient_id: UUID) -> None:
        """Passes when the caller may still read something of the chart, or reviews accesses.

        Raises:
            RecordNotFound: they may not any more; it is a denial like any other.
        """

        def nothing(_connection: Connection, _visible: frozenset[str]) -> None:
            pass

        reviews = principal.has(Permission.RECORDS_REVIEW_ACCESS)
        await self.read_kinds(
            principal,
            patient_id,
            KINDS,
            nothing,
            action="answered-again",
            vouched=REVIEW if reviews else None,
        )

    async def deny(
        self, principal: Principal, patient_id: UUID, kind: str, action: str
    ) -> NoReturn:
        """Writes down that somebody was refused before any chart was looked at.

        Raises:
            RecordNotFound: always.
        """
        await self._journal.write(self._row(principal, patient_id, kind, action, None))
        raise RecordNotFound

    async def _noted(
        self, row: AuditRow, refusal: DomainError | ConstraintViolated
    ) -> DomainError | ConstraintViolated:
        """Writes a refusal down; returns what the caller is told of it."""
        denied = isinstance(refusal, NotFound | Forbidden)
        await self._journal.write(row if denied else replace(row, outcome="failure"))
        return RecordNotFound() if isinstance(refusal, NotFound) else refusal

    def _row(
        self,
        principal: Principal,
        patient_id: UUID,
        kind: str,
        action: str,
        object_id: UUID | None,
    ) -> AuditRow:
        """The row of a denial; `_granted` makes it one of a success."""
        return audit_row(
            principal,
            f"medical_records.{action}",
            kind,
            object_id,
            self._clock(),
            patient_id=patient_id,
            outcome="denied",
        )


def _granted(
    row: AuditRow, at: datetime, bases: Iterable[Basis], object_id: UUID | None
) -> AuditRow:
    """The row of what was let in, with every ground that it stands on."""
    grounded = " ".join(sorted({str(basis) for basis in bases}))
    return replace(row, outcome="success", at=at, basis=grounded, object_id=object_id)
