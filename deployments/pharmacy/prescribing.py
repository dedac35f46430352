"""Making a prescription binding: draft, sign, revise, renew; each with the full check."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records.schemas import SafetyFacts
from deployments.pharmacy import judging, mapping, rules, signing
from deployments.pharmacy.access import find_known
from deployments.pharmacy.checking import Examined, examine, examine_again
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PatientNotFound, PrescriptionNotFound
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.moving import move
from deployments.pharmacy.prescription_schemas import (
    Draft,
    ItemRequest,
    Override,
    Prescription,
    PrescriptionRequest,
    Revision,
    Signing,
)
from deployments.pharmacy.recording import attempt, step
from deployments.pharmacy.transitions import (
    RENEWABLE,
    FulfilmentStatus,
    Move,
    PrescriptionStatus,
    check_move,
)
from storage.columns import new_id
from storage.pharmacy import prescriptions


class Prescribing:
    """Operations of prescribers that need the safety check.

    Facts of the chart are gathered before the transaction. In it the patient's lock is taken
    first, so that of two prescriptions signed at once the second sees the first.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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
        _check_author(principal, known)

        def work(connection: Connection) -> Prescription:
            row = _lock(connection, known, expected)
            check_move(Move.REWRITE, PrescriptionStatus(row["status"]), None)
            seen = examine(connection, self._desk, facts, request.items)
            items = _items(seen, prescription_id)
            prescriptions.replace_items(connection, prescription_id, items)
            values = signing.draft(seen)
            values |= {"encounter_id": request.encounter_id, "note": request.note}
            line = step(principal, Move.REWRITE, self._desk.clock())
            changed = prescriptions.change(connection, prescription_id, values, line)
            views = [judging.view(one, seen.names) for one in seen.findings]
            shown = _shown(items, seen)
            return signing.issue(connection, principal, Move.REWRITE, changed, shown, views)

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
        _check_author(principal, draft)

        def work(connection: Connection) -> Prescription:
            now = self._desk.clock()
            row = _lock(connection, draft, expected)
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

    async def revise(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Revision,
        expected: int | None = None,
    ) -> Prescription:
        """Signs a new prescription in place of another, which is stopped.

        Raises:
            PrescriptionNotFound: none of a patient whom the caller treats.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is over.
            DomainError: as `prescribe`.
        """
        old, facts = await self._facts_of(principal, prescription_id, Move.REVISE)

        def work(connection: Connection) -> Prescription:
            row = _lock(connection, old, expected)
            _check(Move.REVISE, row)
            values = {
                "encounter_id": row["encounter_id"],
                "note": request.note,
                "replaces_id": row["id"],
            }
            added = self._add(
                connection, principal, facts, request.items, values, request.overrides, {row["id"]}
            )
            link = {"replaced_by_id": added.id}
            move(connection, principal, Move.REVISE, row, self._desk.clock(), values=link)
            return added

        return await self._attempt(principal, Move.REVISE, work, facts, prescription_id)

    async def renew(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Signing,
        expected: int | None = None,
    ) -> Prescription:
        """Signs the same once more; a prescription that is still open is completed by it.

        Raises:
            DomainError: as `revise`.
        """
        old, facts = await self._facts_of(principal, prescription_id, Move.RENEW)

        def work(connection: Connection) -> Prescription:
            row = _lock(connection, old, expected)
            if PrescriptionStatus(row["status"]) not in RENEWABLE:
                _check(Move.RENEW, row)
            rows = prescriptions.list_items(connection, row["id"])
            items = [mapping.item_request(item) for item in rows]
            values = {
                "encounter_id": row["encounter_id"],
                "note": row["note"],
                "renews_id": row["id"],
            }
            added = self._add(
                connection, principal, facts, items, values, request.overrides, {row["id"]}
            )
            if row["ended_at"] is None:
                move(connection, principal, Move.RENEW, row, self._desk.clock())
            return added

        return await self._attempt(principal, Move.RENEW, work, facts, prescription_id)

    async def resume(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Signing,
        expected: int | None = None,
    ) -> Prescription:
        """Goes on with a prescription that rested; what has changed meanwhile is checked.

        Raises:
            PrescriptionNotFound: none of a patient whom the caller treats.
            CannotCheck: medical records does not answer.
            Contraindicated: the check found what must not be.
            OverrideNeeded: a finding is new and needs a reason.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it does not rest.
        """
        old, facts = await self._facts_of(principal, prescription_id, Move.RESUME)

        def work(connection: Connection) -> Prescription:
            now = self._desk.clock()
            row = _lock(connection, old, expected)
            again = examine_again(connection, self._desk, facts, prescription_id)
            judged = judging.judge(
                again.open, request.overrides, again.names, answered=again.findings
            )
            changed = move(
                connection, principal, Move.RESUME, row, now, values={"status_reason": None}
            )
            kept = [
                mapping.finding_values(one, again.names, "resuming", principal.user_id, now)
                for one in judged
            ]
            prescriptions.add_findings(connection, prescription_id, kept)
            return mapping.prescription(changed, prescriptions.list_items(connection, row["id"]))

        return await self._attempt(principal, Move.RESUME, work, facts, prescription_id)

    async def _attempt(
        self,
        principal: Principal,
        kind: Move,
        work: Callable[[Connection], Prescription],
        facts: SafetyFacts,
        prescription_id: UUID | None = None,
    ) -> Prescription:
        return await attempt(
            self._desk,
            principal,
            kind.value,
            self._desk.database.transact(work),
            object_id=prescription_id,
            patient_id=facts.patient_id,
        )

    async def _facts_of(
        self,
        principal: Principal,
        prescription_id: UUID,
        kind: Move,
        encounter_id: UUID | None = None,
    ) -> tuple[Row, SafetyFacts]:
        principal.require(Permission.PHARMACY_PRESCRIBE)
        row, _ = await find_known(self._desk, principal, prescription_id, kind.value)
        try:
            return row, await self._desk.patients.get_facts(
                principal, row["patient_id"], encounter_id=encounter_id
            )
        except PatientNotFound:
            raise PrescriptionNotFound from None

    def _add(
        self,
        connection: Connection,
        principal: Principal,
        facts: SafetyFacts,
        items: Sequence[ItemRequest],
        values: dict[str, Any],
        overrides: Sequence[Override] | None,
        without: Collection[UUID] = (),
    ) -> Prescription:
        """Adds a prescription under the patient's lock: signed with overrides, else a draft."""
        now = self._desk.clock()
        seen = examine(connection, self._desk, facts, items, without)
        judged = None if overrides is None else signing.judge(seen, overrides)
        kind = Move.DRAFT if judged is None else Move.SIGN
        order_id = new_id()
        columns = _items(seen, order_id)
        values |= signing.draft(seen) if judged is None else signing.signed(seen, now, self._desk)
        values |= {
            "id": order_id,
            "patient_id": facts.patient_id,
            "practitioner_id": principal.user_id,
        }
        row = prescriptions.add(connection, values, columns, step(principal, kind, now))
        shown = _shown(columns, seen)
        if judged is None:
            views = [judging.view(one, seen.names) for one in seen.findings]
        else:
            signing.keep(connection, principal, order_id, judged, seen, now)
            views = signing.told(judged, seen)
        return signing.issue(connection, principal, kind, row, shown, views)


def _check_author(principal: Principal, draft: Row) -> None:
    if draft["practitioner_id"] != principal.user_id:
        raise PrescriptionNotFound


def _items(seen: Examined, prescription_id: UUID) -> list[dict[str, Any]]:
    """The columns of the items that were examined."""
    return [
        mapping.item_values(item, prescription_id, place) for place, item in enumerate(seen.planned)
    ]


def _shown(items: Sequence[Row], seen: Examined) -> list[dict[str, Any]]:
    """The same beside the columns of their medications."""
    return [
        mapping.with_product(columns, item.product)
        for columns, item in zip(items, seen.planned, strict=True)
    ]


def _lock(connection: Connection, known: Row, expected: int | None) -> Row:
    """The prescription under the patient's lock, in the version that the caller read."""
    prescriptions.lock_patient(connection, known["patient_id"])
    row = prescriptions.lock(connection, known["id"])
    if row is None:
        raise PrescriptionNotFound
    rules.check_version(row["version"], expected)
    return row


def _check(kind: Move, row: Row) -> None:
    fulfilment = FulfilmentStatus(row["fulfilment"]) if row["fulfilment"] else None
    check_move(kind, PrescriptionStatus(row["status"]), fulfilment)
