"""Handing over: the last checks, then stock, register, prescription and event as one."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Permission, Principal
from deployments.pharmacy import dispensing_facts as facts_of
from deployments.pharmacy import judging, mapping, moving
from deployments.pharmacy.allocation import BatchStatus, is_usable
from deployments.pharmacy.checking import Recheck
from deployments.pharmacy.dispensing_facts import Facts
from deployments.pharmacy.dispensing_recording import attempt_dispensing, changed
from deployments.pharmacy.dispensing_schemas import Dispensing
from deployments.pharmacy.dispensing_states import DispensingMove, DispensingStatus, check_move
from deployments.pharmacy.events import PrescriptionDispensed
from deployments.pharmacy.prescription_schemas import Override
from deployments.pharmacy.refills import check_fill, taken_until
from deployments.pharmacy.stock import check_version
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import (
    BatchNotUsable,
    DispensingNotFound,
    SamePerson,
    WitnessNeeded,
)
from deployments.pharmacy.stock_moves import Posting, is_controlled, post
from deployments.pharmacy.transitions import Move
from deployments.publishing import publish
from storage.pharmacy import dispensing, prescriptions, stock
from storage.pharmacy.stock import Movement

CheckAgain = Callable[[Principal, UUID], Awaitable[Recheck]]
"""The safety check of a prescription, made again with what is known now."""


class Completion:
    """The operation that hands medicines over.

    Args:
        desk: the tools.
        check_again: asked before the transaction.
    """

    def __init__(self, desk: StockDesk, check_again: CheckAgain) -> None:
        self._desk = desk
        self._check_again = check_again

    async def complete(
        self,
        principal: Principal,
        dispensing_id: UUID,
        expected: int | None = None,
        overrides: Sequence[Override] = (),
    ) -> Dispensing:
        """Hands over what was picked.

        Args:
            principal: the pharmacist.
            dispensing_id: what was picked.
            expected: the version that the caller read.
            overrides: answers to findings that nobody answered for when it was prescribed.

        Raises:
            DispensingNotFound: no such dispensing.
            CannotCheck: allergies and interactions cannot be checked now.
            Contraindicated, OverrideNeeded: the check speaks against it, or wants a reason.
            ChangedMeanwhile, MoveNotAllowed: it is not as the caller read it.
            NotDispensable, Expired, TooMuchDispensed, TooEarlyToRefill: of the prescription.
            BatchNotUsable, OutOfStock: of the batches.
            WitnessNeeded, SamePerson: a controlled drug needs somebody else's signature.
        """
        principal.require(Permission.PHARMACY_DISPENSE)
        seen = await self._desk.database.read(
            lambda connection: dispensing.find(connection, dispensing_id)
        )
        if seen is None:
            raise DispensingNotFound
        again = await self._check_again(principal, seen["prescription_id"])
        running = self._complete(principal, seen, expected, overrides, again)
        return await attempt_dispensing(
            self._desk, principal, "complete", running, dispensing_id, seen["patient_id"]
        )

    async def _complete(
        self,
        principal: Principal,
        seen: RowMapping,
        expected: int | None,
        overrides: Sequence[Override],
        again: Recheck,
    ) -> Dispensing:
        judged = judging.judge(again.open, overrides, again.names, answered=again.findings)

        def work(connection: Connection) -> Dispensing:
            now = self._desk.clock()
            facts = facts_of.lock(connection, self._desk, seen["prescription_id"])
            row = facts_of.find_locked(connection, seen["id"])
            check_version(row["version"], expected)
            done = self._hand_over(connection, principal, facts, row, now)
            kept = [
                mapping.finding_values(one, again.names, "dispensing", principal.user_id, now)
                for one in judged
            ]
            prescriptions.add_findings(connection, row["prescription_id"], kept)
            return done

        return await self._desk.database.transact(work)

    def _hand_over(
        self,
        connection: Connection,
        principal: Principal,
        facts: Facts,
        row: RowMapping,
        now: datetime,
    ) -> Dispensing:
        status = check_move(DispensingMove.COMPLETE, DispensingStatus(row["status"]))
        items = dispensing.list_items(connection, [row["id"]])
        self._check(connection, principal, facts, row, items, now)
        post(connection, self._desk, [_posting(principal, row, one, now) for one in items])
        values = {
            "status": status.value,
            "completed_by": principal.user_id,
            "completed_at": now,
        }
        done = changed(connection, self._desk, principal, "complete", row, values)
        self._tell(connection, principal, row, items, now)
        return done

    def _check(
        self,
        connection: Connection,
        principal: Principal,
        facts: Facts,
        row: RowMapping,
        items: Sequence[RowMapping],
        now: datetime,
    ) -> None:
        facts_of.check_not_own(principal, facts)
        facts_of.check_dispensable(facts, now)
        today = self._desk.day_of(now)
        _check_witness(principal, row, items)
        batches = stock.share_batches(connection, [item["batch_id"] for item in items])
        for batch in batches.values():
            if not is_usable(BatchStatus(batch["status"]), batch["expires_on"], today):
                raise BatchNotUsable(f"lot {batch['lot']} is expired, quarantined or recalled")
        wanted: dict[UUID, Decimal] = defaultdict(Decimal)
        for item in items:
            wanted[item["prescription_item_id"]] += item["quantity"]
        tolerance = self._desk.settings.refill_tolerance
        for item_id, quantity in wanted.items():
            allowed = facts_of.authorised(facts.item(item_id))
            check_fill(allowed, facts.fills[item_id], quantity, today, tolerance)

    def _tell(
        self,
        connection: Connection,
        principal: Principal,
        row: RowMapping,
        items: Sequence[RowMapping],
        now: datetime,
    ) -> None:
        """Moves the prescription on, and tells who listens."""
        facts = facts_of.lock(connection, self._desk, row["prescription_id"])
        move = Move.COMPLETE if facts.is_all_dispensed() else Move.DISPENSE
        publish(
            connection,
            PrescriptionDispensed(
                occurred_at=now,
                dispensing_id=row["id"],
                prescription_id=row["prescription_id"],
                patient_id=row["patient_id"],
                items=facts_of.dispensed_items([(item, item["quantity"]) for item in items]),
                encounter_id=facts.ordered.prescription["encounter_id"],
            ),
        )
        prescription = facts.ordered.prescription
        until = taken_until(
            prescription["taken_until"],
            [facts_of.authorised(facts.item(item["prescription_item_id"])) for item in items],
            now,
            self._desk.settings.as_needed_days,
        )
        moving.move(connection, principal, move, prescription, now, values={"taken_until": until})


def _check_witness(principal: Principal, row: RowMapping, items: Sequence[RowMapping]) -> None:
    if not any(is_controlled(item["schedule"]) for item in items):
        return
    if row["witness_id"] is None:
        raise WitnessNeeded
    if row["witness_id"] == principal.user_id:
        raise SamePerson


def _posting(principal: Principal, row: RowMapping, item: RowMapping, now: datetime) -> Posting:
    movement = Movement(
        location_id=row["location_id"],
        batch_id=item["batch_id"],
        change=-item["quantity"],
        kind="dispense",
        document_type="MedicationDispense",
        document_id=row["id"],
        actor_id=principal.user_id,
        at=now,
    )
    return Posting(
        movement,
        item["medication_id"],
        item["schedule"],
        patient_id=row["patient_id"],
        witness_id=row["witness_id"],
    )
