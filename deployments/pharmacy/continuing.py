"""Going on with a prescription: revise, renew, resume; each with the full check."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.pharmacy import judging, mapping
from deployments.pharmacy.checking import examine_again
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.moving import move
from deployments.pharmacy.prescription_schemas import (
    Prescription,
    Revision,
    Signing,
)
from deployments.pharmacy.prescription_writing import Writing, lock
from deployments.pharmacy.transitions import (
    RENEWABLE,
    FulfilmentStatus,
    Move,
    PrescriptionStatus,
    check_move,
)
from storage.pharmacy import prescriptions


class Continuing(Writing):
    """A prescription goes on as another, or after a rest."""

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
            row = lock(connection, old, expected)
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
            row = lock(connection, old, expected)
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
            row = lock(connection, old, expected)
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


def _check(kind: Move, row: Row) -> None:
    fulfilment = FulfilmentStatus(row["fulfilment"]) if row["fulfilment"] else None
    check_move(kind, PrescriptionStatus(row["status"]), fulfilment)
