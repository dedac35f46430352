"""Preparing a dispensing: from which batches, picked, held, declined, witnessed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy.allocation import BatchStatus, Lot, allocate
from deployments.pharmacy.dispensing_facts import Facts
from deployments.pharmacy.dispensing_recording import (
    attempt_dispensing,
    audit_dispensing,
    changed,
)
from deployments.pharmacy.dispensing_schemas import (
    Decline,
    Dispensing,
    DispensingLine,
    DispensingRequest,
)
from deployments.pharmacy.dispensing_states import DispensingMove, DispensingStatus, check_move
from deployments.pharmacy.errors import MedicationNotFound, MoveNotAllowed
from deployments.pharmacy.quantities import check_quantity
from deployments.pharmacy.refills import check_fill, open_in_fill, remaining
from deployments.pharmacy.stock import check_location, check_version
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import (
    LocationNotFound,
    QuantityNotPossible,
    SamePerson,
    TooMuchDispensed,
)
from deployments.pharmacy.stock_schemas import LocationKind
from storage.columns import new_id
from storage.pharmacy import dispensing, stock

PICKED: Final = frozenset({DispensingStatus.PREPARATION, DispensingStatus.IN_PROGRESS})


class Preparing:
    """Operations up to the moment before something is handed over."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def prepare(self, principal: Principal, request: DispensingRequest) -> Dispensing:
        """Says from which batches a prescription will be filled; nothing is taken yet.

        Raises:
            PrescriptionNotFound: no such prescription or item.
            LocationNotFound: no such place, or nothing is dispensed there.
            NotDispensable: the prescription is not active, or not verified.
            SamePerson: the prescription is the caller's own.
            Expired: the prescription's validity has ended.
            TooMuchDispensed: more than may be dispensed.
            TooEarlyToRefill: the last fill still lasts.
            SubstitutionNotAllowed: the product is no substitute.
            OutOfStock: the place has less usable stock.
        """
        principal.require(Permission.PHARMACY_DISPENSE)

        def work(connection: Connection) -> Dispensing:
            now = self._desk.clock()
            facts = facts_of.lock(connection, self._desk, request.prescription_id)
            facts_of.check_not_own(principal, facts)
            facts_of.check_dispensable(facts, now)
            place = check_location(connection, request.location_id)
            if place.kind is LocationKind.QUARANTINE:
                raise LocationNotFound("nothing is dispensed from a quarantine")
            items: list[Mapping[str, Any]] = []
            for line in _wanted(facts, request):
                items += self._allocated(connection, facts, line, request.location_id, now)
            return self._add(connection, principal, facts, request, items, now)

        running = self._desk.database.transact(work)
        return await attempt_dispensing(self._desk, principal, "prepare", running, None)

    async def pick(
        self, principal: Principal, dispensing_id: UUID, expected: int | None = None
    ) -> Dispensing:
        """The medicines lie ready.

        Raises:
            DispensingNotFound: no such dispensing.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: its status does not allow it.
        """
        return await self._moved(principal, dispensing_id, DispensingMove.PICK, expected)

    async def hold(
        self, principal: Principal, dispensing_id: UUID, reason: str, expected: int | None = None
    ) -> Dispensing:
        """Lets a dispensing rest.

        Raises:
            DomainError: as `pick`.
        """
        return await self._moved(principal, dispensing_id, DispensingMove.HOLD, expected, reason)

    async def resume(
        self, principal: Principal, dispensing_id: UUID, expected: int | None = None
    ) -> Dispensing:
        """Goes on with a dispensing that rested.

        Raises:
            DomainError: as `pick`.
        """
        return await self._moved(principal, dispensing_id, DispensingMove.RESUME, expected)

    async def stop(
        self, principal: Principal, dispensing_id: UUID, reason: str, expected: int | None = None
    ) -> Dispensing:
        """Ends a dispensing that was begun; nothing was handed over.

        Raises:
            DomainError: as `pick`.
        """
        return await self._moved(principal, dispensing_id, DispensingMove.STOP, expected, reason)

    async def decline(
        self,
        principal: Principal,
        dispensing_id: UUID,
        decline: Decline,
        expected: int | None = None,
    ) -> Dispensing:
        """Refuses to hand over, with a coded reason.

        Raises:
            DomainError: as `pick`.
        """
        return await self._moved(
            principal,
            dispensing_id,
            DispensingMove.DECLINE,
            expected,
            decline.code.value,
            decline.note,
        )

    async def witness(self, principal: Principal, dispensing_id: UUID) -> Dispensing:
        """The caller signs, as a second person, that what lies ready is right.

        Raises:
            DispensingNotFound: no such dispensing.
            MoveNotAllowed: it is over.
            SamePerson: the caller prepared it, or is its patient.
        """
        principal.require(Permission.PHARMACY_WITNESS)

        def work(connection: Connection) -> Dispensing:
            row = facts_of.find_locked(connection, dispensing_id)
            if row["status"] not in PICKED:
                raise MoveNotAllowed(f"the dispensing is {row['status']}")
            if principal.user_id in {row["made_by"], row["patient_id"]}:
                raise SamePerson
            values = {"witness_id": principal.user_id}
            return changed(connection, self._desk, principal, "witness", row, values)

        running = self._desk.database.transact(work)
        return await attempt_dispensing(self._desk, principal, "witness", running, dispensing_id)

    async def _moved(
        self,
        principal: Principal,
        dispensing_id: UUID,
        move: DispensingMove,
        expected: int | None,
        reason: str | None = None,
        note: str | None = None,
    ) -> Dispensing:
        principal.require(Permission.PHARMACY_DISPENSE)

        def work(connection: Connection) -> Dispensing:
            row = facts_of.find_locked(connection, dispensing_id)
            check_version(row["version"], expected)
            status = check_move(move, DispensingStatus(row["status"]))
            values = {"status": status.value, "status_reason": reason}
            if note is not None:
                values["note"] = note
            return changed(connection, self._desk, principal, move.value, row, values)

        running = self._desk.database.transact(work)
        return await attempt_dispensing(self._desk, principal, move.value, running, dispensing_id)

    def _allocated(
        self,
        connection: Connection,
        facts: Facts,
        line: DispensingLine,
        location_id: UUID,
        now: datetime,
    ) -> list[Mapping[str, Any]]:
        """The batches that fill a line."""
        item, today = facts.item(line.prescription_item_id), self._desk.day_of(now)
        allowed, fills = facts_of.authorised(item), facts.fills[item["id"]]
        most = remaining(allowed, fills)
        most = min(most, open_in_fill(allowed, fills))
        quantity = line.quantity or most
        if quantity <= 0:
            raise TooMuchDispensed("everything was dispensed")
        check_quantity(quantity, item["medication_unit"], "/items")
        check_fill(allowed, fills, quantity, today, self._desk.settings.refill_tolerance)
        product_id = _product(connection, item, line.medication_id)
        lots = [_lot(row) for row in stock.list_lots(connection, location_id, product_id)]
        return [
            {
                "id": new_id(),
                "prescription_item_id": item["id"],
                "medication_id": product_id,
                "batch_id": portion.batch_id,
                "quantity": portion.quantity,
                "returned": 0,
                "substituted": product_id != item["medication_id"],
            }
            for portion in allocate(lots, quantity, today)
        ]

    def _add(
        self,
        connection: Connection,
        principal: Principal,
        facts: Facts,
        request: DispensingRequest,
        items: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> Dispensing:
        dispensing_id = new_id()
        values = {
            "id": dispensing_id,
            "prescription_id": request.prescription_id,
            "patient_id": facts.patient_id,
            "location_id": request.location_id,
            "status": DispensingStatus.PREPARATION.value,
            "note": request.note,
            "made_by": principal.user_id,
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        dispensing.add(
            connection, values, [{**item, "dispensing_id": dispensing_id} for item in items]
        )
        row = facts_of.find_locked(connection, dispensing_id)
        audit_dispensing(connection, principal, "prepare", row, now)
        return facts_of.shown(connection, [row])[0]


def _wanted(facts: Facts, request: DispensingRequest) -> list[DispensingLine]:
    """The lines asked for; else every item of which something remains."""
    if request.items is None:
        return [
            DispensingLine(prescription_item_id=item["id"])
            for item in facts.ordered.items
            if remaining(facts_of.authorised(item), facts.fills[item["id"]]) > 0
        ]
    if len({line.prescription_item_id for line in request.items}) < len(request.items):
        message = "An item stands on one line."
        raise QuantityNotPossible(message, [FieldError("/items", "twice", message)])
    return request.items


def _product(connection: Connection, item: RowMapping, wanted: UUID | None) -> UUID:
    """The product that is handed over."""
    prescribed: UUID = item["medication_id"]
    if wanted is None or wanted == prescribed:
        return prescribed
    product = stock.find_medication(connection, "id", wanted)
    if product is None:
        raise MedicationNotFound
    facts_of.check_substitute(item, product)
    return wanted


def _lot(row: RowMapping) -> Lot:
    return Lot(row["batch_id"], row["expires_on"], row["quantity"], BatchStatus(row["status"]))
