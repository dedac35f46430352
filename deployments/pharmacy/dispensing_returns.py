"""What comes back: to the very batch that it came from, or to the quarantine when spoiled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy import moving
from deployments.pharmacy.dispensing_facts import Facts
from deployments.pharmacy.dispensing_recording import attempt_dispensing, changed
from deployments.pharmacy.dispensing_schemas import Dispensing, ReturnRequest, WitnessedReturn
from deployments.pharmacy.dispensing_states import (
    DispensingMove,
    DispensingStatus,
    ReturnReason,
    check_move,
)
from deployments.pharmacy.events import DispensingReturned
from deployments.pharmacy.quantities import check_quantity
from deployments.pharmacy.return_witness import (
    NO_WITNESS,
    Back,
    as_seen,
    check_handed_over,
    check_witnessed,
)
from deployments.pharmacy.stock import check_version
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import (
    DispensingNotFound,
    NoQuarantine,
    QuantityNotPossible,
    SamePerson,
    TooMuchReturned,
)
from deployments.pharmacy.stock_moves import Posting, post
from deployments.pharmacy.stock_schemas import LocationKind
from deployments.pharmacy.transitions import FulfilmentStatus, Move, PrescriptionStatus
from deployments.publishing import publish
from storage.columns import new_id
from storage.pharmacy import dispensing, locations
from storage.pharmacy.stock import Movement

STILL_NEEDED: Final = frozenset(
    {ReturnReason.WRONG_ITEM, ReturnReason.DAMAGED, ReturnReason.RECALLED}
)
"""The patient still needs the medicine: a completed prescription can be filled again."""
CANCELLED: Final = "cancelled"


class Returns:
    """Operations that bring medicines back."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def give_back(
        self, principal: Principal, dispensing_id: UUID, request: ReturnRequest
    ) -> Dispensing:
        """Takes medicines back that were handed over.

        Raises:
            DispensingNotFound: no such dispensing, or the item is another one's.
            MoveNotAllowed: nothing was handed over.
            TooMuchReturned: more comes back than was kept.
            NoQuarantine: it is spoiled, and there is no place for that.
            WitnessNeeded: a controlled drug, and nobody has signed for exactly this.
            SamePerson: the caller signed for it.
        """
        principal.require(Permission.PHARMACY_DISPENSE)

        def work(connection: Connection) -> Dispensing:
            now = self._desk.clock()
            facts, row = self._locked(connection, dispensing_id)
            check_handed_over(row)
            back = _lines(connection, dispensing_id, request)
            check_witnessed(principal, row, back)
            place = _quarantine(connection) if request.unusable else row["location_id"]
            self._take(connection, principal, row, back, place, "return", now)
            _note(connection, principal, back, place, request, now)
            done = changed(connection, self._desk, principal, "return", row, NO_WITNESS)
            if request.code in STILL_NEEDED:
                _reopen(connection, principal, facts, now)
            _tell(connection, row, back, request.code.value, now)
            return done

        running = self._desk.database.transact(work)
        return await attempt_dispensing(self._desk, principal, "return", running, dispensing_id)

    async def witness(
        self, principal: Principal, dispensing_id: UUID, request: WitnessedReturn
    ) -> Dispensing:
        """The caller signs, as a second person, for what comes back; who takes it in does the rest.

        Raises:
            DispensingNotFound: no such dispensing, or the item is another one's.
            MoveNotAllowed: nothing was handed over.
            SamePerson: the caller is its patient.
        """
        principal.require(Permission.PHARMACY_WITNESS)

        def work(connection: Connection) -> Dispensing:
            row = facts_of.find_locked(connection, dispensing_id)
            check_handed_over(row)
            if row["patient_id"] == principal.user_id:
                raise SamePerson
            seen = as_seen(_lines(connection, dispensing_id, request))
            values = {"return_witness_id": principal.user_id, "return_witnessed": seen}
            return changed(connection, self._desk, principal, "witness_return", row, values)

        running = self._desk.database.transact(work)
        return await attempt_dispensing(
            self._desk, principal, "witness_return", running, dispensing_id
        )

    async def cancel(
        self, principal: Principal, dispensing_id: UUID, reason: str, expected: int | None = None
    ) -> Dispensing:
        """Undoes a dispensing; what was handed over goes back to its batches.

        Raises:
            DispensingNotFound: no such dispensing.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: its status does not allow it.
            WitnessNeeded: a controlled drug, and nobody has signed for all that was kept.
            SamePerson: the caller signed for it.
        """
        principal.require(Permission.PHARMACY_DISPENSE)

        def work(connection: Connection) -> Dispensing:
            now = self._desk.clock()
            facts, row = self._locked(connection, dispensing_id)
            check_version(row["version"], expected)
            status = check_move(DispensingMove.CANCEL, DispensingStatus(row["status"]))
            if row["status"] == DispensingStatus.COMPLETED:
                back = _kept(connection, dispensing_id)
                check_witnessed(principal, row, back)
                self._take(connection, principal, row, back, row["location_id"], "cancel", now)
                _reopen(connection, principal, facts, now)
                _tell(connection, row, back, CANCELLED, now)
            values = {"status": status.value, "status_reason": reason, **NO_WITNESS}
            return changed(connection, self._desk, principal, "cancel", row, values)

        running = self._desk.database.transact(work)
        return await attempt_dispensing(self._desk, principal, "cancel", running, dispensing_id)

    def _locked(self, connection: Connection, dispensing_id: UUID) -> tuple[Facts, RowMapping]:
        """Prescription and dispensing, locked in the order in which everybody locks them."""
        seen = dispensing.find(connection, dispensing_id)
        if seen is None:
            raise DispensingNotFound
        facts = facts_of.lock(connection, self._desk, seen["prescription_id"])
        return facts, facts_of.find_locked(connection, dispensing_id)

    def _take(
        self,
        connection: Connection,
        principal: Principal,
        row: RowMapping,
        back: Sequence[Back],
        place: UUID,
        word: str,
        now: datetime,
    ) -> None:
        """Counts what comes back, and puts it where it belongs."""
        postings = []
        for item, quantity in back:
            if not dispensing.take_back(connection, item["id"], quantity):
                raise TooMuchReturned
            movement = Movement(
                location_id=place,
                batch_id=item["batch_id"],
                change=quantity,
                kind=word,
                document_type="MedicationDispense",
                document_id=row["id"],
                actor_id=principal.user_id,
                at=now,
            )
            patient_id = row["patient_id"]
            postings.append(
                Posting(
                    movement,
                    item["medication_id"],
                    item["schedule"],
                    patient_id=patient_id,
                    witness_id=row["return_witness_id"],
                )
            )
        post(connection, self._desk, postings)


def _lines(connection: Connection, dispensing_id: UUID, request: WitnessedReturn) -> list[Back]:
    items = {item["id"]: item for item in dispensing.list_items(connection, [dispensing_id])}
    if len({line.dispensing_item_id for line in request.lines}) < len(request.lines):
        raise QuantityNotPossible("an item stands on one line")
    back = []
    for line in request.lines:
        item = items.get(line.dispensing_item_id)
        if item is None:
            raise DispensingNotFound("the dispensing has no such item")
        check_quantity(line.quantity, item["unit"], "/lines")
        back.append((item, line.quantity))
    return back


def _kept(connection: Connection, dispensing_id: UUID) -> list[Back]:
    """Everything that has not come back yet."""
    items = dispensing.list_items(connection, [dispensing_id])
    kept = [(item, item["quantity"] - item["returned"]) for item in items]
    return [(item, quantity) for item, quantity in kept if quantity > 0]


def _quarantine(connection: Connection) -> UUID:
    row = locations.find_by(connection, "kind", LocationKind.QUARANTINE)
    if row is None:
        raise NoQuarantine
    place: UUID = row["id"]
    return place


def _note(
    connection: Connection,
    principal: Principal,
    back: Sequence[Back],
    place: UUID,
    request: ReturnRequest,
    now: datetime,
) -> None:
    rows = [
        {
            "id": new_id(),
            "dispensing_item_id": item["id"],
            "location_id": place,
            "quantity": quantity,
            "reason": request.code.value,
            "spoiled": request.unusable,
            "returned_by": principal.user_id,
            "at": now,
        }
        for item, quantity in back
    ]
    dispensing.add_returns(connection, rows)


def _reopen(connection: Connection, principal: Principal, facts: Facts, now: datetime) -> None:
    """Lets a prescription be filled again that was handed out to the end.

    One that was stopped, that expired, or that goes on as its renewal stays as it is.
    """
    row = facts.ordered.prescription
    if (row["status"], row["fulfilment"]) == (
        PrescriptionStatus.COMPLETED,
        FulfilmentStatus.COMPLETED,
    ):
        values = {"ended_at": None, "status_reason": None}
        moving.move(connection, principal, Move.TAKE_BACK, row, now, values=values)


def _tell(
    connection: Connection, row: RowMapping, back: Sequence[Back], reason: str, now: datetime
) -> None:
    publish(
        connection,
        DispensingReturned(
            occurred_at=now,
            dispensing_id=row["id"],
            prescription_id=row["prescription_id"],
            patient_id=row["patient_id"],
            items=facts_of.dispensed_items(back),
            reason=reason,
        ),
    )
