"""Reading prescriptions: one, a page of them, a history. Each read is one audit row."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pagination import Page, decode_cursor, page_of
from deployments.pharmacy import mapping
from deployments.pharmacy.access import READERS, deny, find_known
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PatientNotFound, PrescriptionNotFound
from deployments.pharmacy.prescription_schemas import (
    Prescription,
    PrescriptionHistory,
    PrescriptionMove,
    PrescriptionQuery,
)
from deployments.pharmacy.recording import ORDER, write_audit
from deployments.pharmacy.transitions import PrescriptionStatus
from storage.pharmacy import prescriptions
from storage.pharmacy.prescriptions import Filter


class PrescriptionReading:
    """Operations that change nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, prescription_id: UUID) -> Prescription:
        """One prescription; with the findings of its check, but not for patients.

        Raises:
            PrescriptionNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
        """
        principal.require(*READERS)
        known, basis = await find_known(self._desk, principal, prescription_id, "read")

        def work(connection: Connection) -> Prescription:
            row = prescriptions.find(connection, prescription_id)
            if row is None:
                raise PrescriptionNotFound
            items = prescriptions.list_items(connection, prescription_id)
            findings = None
            if basis != "own":
                kept = prescriptions.list_findings(connection, prescription_id)
                findings = [mapping.finding(one) for one in kept if one["stage"] == "signing"]
            self._audit(connection, principal, prescription_id, known["patient_id"], basis)
            return mapping.prescription(row, items, findings)

        return await self._desk.database.transact(work, keyed=False)

    async def get_history(self, principal: Principal, prescription_id: UUID) -> PrescriptionHistory:
        """Every move of a prescription, with who and why; patients are not told the words.

        What pharmacist and prescriber say to each other is theirs.

        Raises:
            DomainError: as `get`.
        """
        principal.require(*READERS)
        known, basis = await find_known(self._desk, principal, prescription_id, "read_history")

        def work(connection: Connection) -> PrescriptionHistory:
            rows = prescriptions.list_moves(connection, prescription_id)
            self._audit(connection, principal, prescription_id, known["patient_id"], basis)
            hidden = {"reason_code": None, "text": None} if basis == "own" else {}
            moves = [PrescriptionMove.model_validate({**row, **hidden}) for row in rows]
            return PrescriptionHistory(prescription_id=prescription_id, moves=moves)

        return await self._desk.database.transact(work, keyed=False)

    async def list_page(self, principal: Principal, query: PrescriptionQuery) -> Page[Prescription]:
        """A page of prescriptions.

        Patients see their own, pharmacists all, doctors what they wrote, and with `patient_id`
        those of a patient whom they treat.

        Raises:
            PatientNotFound: none that the caller may know of.
            CannotCheck: only medical records could say, and does not answer.
            InvalidCursor: the cursor is not from this list.
        """
        principal.require(*READERS)
        wanted, basis = await self._filter(principal, query)

        def work(connection: Connection) -> list[Prescription]:
            rows = prescriptions.list_page(connection, wanted, query.limit + 1)
            items = prescriptions.list_items_of(connection, [row["id"] for row in rows])
            of: dict[UUID, list[mapping.Row]] = defaultdict(list)
            for item in items:
                of[item["prescription_id"]].append(item)
            self._audit(connection, principal, None, wanted.patient_id, basis)
            return [mapping.prescription(row, of[row["id"]]) for row in rows]

        found: Sequence[Prescription] = await self._desk.database.transact(work, keyed=False)
        return page_of(found, query.limit, lambda one: (one.id,))

    async def _filter(self, principal: Principal, query: PrescriptionQuery) -> tuple[Filter, str]:
        """The filter asked for, narrowed to what the caller may see, and on what ground."""
        after = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        worklist = bool(query.fulfilment)
        wanted = Filter(
            patient_id=query.patient_id,
            practitioner_id=query.practitioner_id,
            statuses=[PrescriptionStatus.ACTIVE] if worklist and not query.status else query.status,
            fulfilments=query.fulfilment,
            drafts_of=principal.user_id,
            oldest_first=worklist,
            after=after,
        )
        if principal.has(Permission.PHARMACY_VERIFY):
            return wanted, "pharmacy"
        if not principal.has(Permission.PHARMACY_READ) or query.patient_id == principal.user_id:
            return await self._own(principal, wanted), "own"
        if query.patient_id is None:
            return replace(wanted, practitioner_id=principal.user_id), "prescriber"
        if not await self._desk.patients.treats(principal, query.patient_id):
            await deny(self._desk, principal, "list", None, query.patient_id)
            raise PatientNotFound
        return wanted, "treatment"

    async def _own(self, principal: Principal, wanted: Filter) -> Filter:
        if wanted.patient_id not in {None, principal.user_id}:
            await deny(self._desk, principal, "list", None, wanted.patient_id)
            raise PatientNotFound
        return replace(wanted, patient_id=principal.user_id, drafts_of=None)

    def _audit(
        self,
        connection: Connection,
        principal: Principal,
        prescription_id: UUID | None,
        patient_id: UUID | None,
        basis: str,
    ) -> None:
        write_audit(
            connection,
            principal,
            action="read" if prescription_id else "list",
            object_type=ORDER,
            object_id=prescription_id,
            patient_id=patient_id,
            basis=basis,
            at=self._desk.clock(),
        )
