"""Writing a prescription: draft, rewrite, sign; each with the full check."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pharmacy import judging, mapping, signing
from deployments.pharmacy.checking import examine
from deployments.pharmacy.prescription_schemas import (
    Draft,
    Prescription,
    PrescriptionRequest,
    Signing,
)
from deployments.pharmacy.prescription_writing import Writing, check_author, items_of, lock, shown
from deployments.pharmacy.recording import step
from deployments.pharmacy.transitions import (
    Move,
    PrescriptionStatus,
    check_move,
)
from storage.pharmacy import prescriptions


class Prescribing(Writing):
    """A prescription is written: as a draft, or signed."""

    async def prescribe(self, principal: Principal, request: PrescriptionRequest) -> Prescription:
        """Writes a draft, or signs at once.

        Raises:
            PatientNotFound: none that the caller treats.
            CannotCheck: medical records does not answer; nothing is written.
            EncounterRefused, EncounterStatusRefused: no such encounter, or one that is over.
            MedicationNotFound: no such medication.
            MedicationRetired: it is no longer prescribed.
            NotPrescribable: a rule speaks against an item.
            DuplicateTherapy: an ingredient is ordered already.
            Contraindicated: the check found what must not be.
            OverrideNeeded: a finding needs a reason.
            UnknownOverride: a reason is given for what is not found.
            OwnPrescription: the caller is the patient.
        """
        principal.require(Permission.PHARMACY_PRESCRIBE)
        facts = await self._desk.patients.get_facts(
            principal, request.patient_id, encounter_id=request.encounter_id
        )

        def work(connection: Connection) -> Prescription:
            prescriptions.lock_patient(connection, facts.patient_id)
            values = {"encounter_id": request.encounter_id, "note": request.note}
            return self._add(
                connection,
                principal,
                facts,
                request.items,
                values,
                request.overrides if request.sign else None,
            )

        kind = Move.SIGN if request.sign else Move.DRAFT
        return await self._attempt(principal, kind, work, facts)

    async def rewrite(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Draft,
        expected: int | None = None,
    ) -> Prescription:
        """Replaces what the caller's draft says; the check is told, as with a new one.

        Raises:
            PrescriptionNotFound: no draft of the caller.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is no draft any more: revise it.
            DomainError: as `prescribe` of a draft.
        """
        known, facts = await self._facts_of(
            principal, prescription_id, Move.REWRITE, request.encounter_id
        )
        check_author(principal, known)

        def work(connection: Connection) -> Prescription:
            row = lock(connection, known, expected)
            check_move(Move.REWRITE, PrescriptionStatus(row["status"]), None)
            seen = examine(connection, self._desk, facts, request.items)
            items = items_of(seen, prescription_id)
            prescriptions.replace_items(connection, prescription_id, items)
            values = signing.draft(seen)
            values |= {"encounter_id": request.encounter_id, "note": request.note}
            line = step(principal, Move.REWRITE, self._desk.clock())
            changed = prescriptions.change(connection, prescription_id, values, line)
            views = [judging.view(one, seen.names) for one in seen.findings]
            listed = shown(items, seen)
            return signing.issue(connection, principal, Move.REWRITE, changed, listed, views)

        return await self._attempt(principal, Move.REWRITE, work, facts, prescription_id)

    async def sign(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Signing,
        expected: int | None = None,
    ) -> Prescription:
        """Signs the caller's draft; from then on it is never changed.

        Raises:
            PrescriptionNotFound: no draft of the caller.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is no draft any more.
            DomainError: as `prescribe`.
        """
        draft, facts = await self._facts_of(principal, prescription_id, Move.SIGN)
        check_author(principal, draft)

        def work(connection: Connection) -> Prescription:
            now = self._desk.clock()
            row = lock(connection, draft, expected)
            check_move(Move.SIGN, PrescriptionStatus(row["status"]), None)
            items = prescriptions.list_items(connection, prescription_id)
            ordered = [mapping.item_request(item) for item in items]
            seen = examine(connection, self._desk, facts, ordered)
            judged = signing.judge(seen, request.overrides)
            values = signing.signed(seen, now, self._desk)
            line = step(principal, Move.SIGN, now)
            changed = prescriptions.change(connection, prescription_id, values, line)
            signing.keep(connection, principal, changed["id"], judged, seen, now)
            return signing.issue(
                connection, principal, Move.SIGN, changed, items, signing.told(judged, seen)
            )

        return await self._attempt(principal, Move.SIGN, work, facts, prescription_id)
