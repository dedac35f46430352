"""Orders as requesters handle them: place, add, take back, rest, end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.laboratory import mapping
from deployments.laboratory.adding import (
    Hand,
    add_tests,
    publish_placed,
    settle,
    told,
    tube_of,
)
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import AlreadyOrdered, NotOrderable, OrderNotFound
from deployments.laboratory.events import TestsCancelled
from deployments.laboratory.order_rules import Wanted, expand, repeated
from deployments.laboratory.order_schemas import (
    Addition,
    Because,
    LabOrder,
    LabOrderRequest,
    TestCancellation,
)
from deployments.laboratory.recording import OBJECT, mover_of, refuse, step, write_audit
from deployments.laboratory.states import OPEN_TEST
from deployments.publishing import publish
from storage.columns import new_id
from storage.laboratory import moves, orders
from storage.laboratory.moves import Why


class Ordering:
    """Operations of requesters. The order's row is locked first wherever tests come or go.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)

    async def place(self, principal: Principal, request: LabOrderRequest) -> LabOrder:
        """Orders tests and panels; the specimens that they need are asked for at once.

        Raises:
            NotOrderable: a test is not offered; `errors` says which.
            PatientNotFound: none that the caller treats.
            CannotCheck: medical records does not answer; nothing is written.
        """
        principal.require(Permission.LABORATORY_ORDER)
        snapshot = await self._desk.catalogue.current()
        wanted = _wanted(snapshot, request)
        facts = await self._desk.patients.get_facts(principal, request.patient_id)
        values = {
            "id": new_id(),
            "patient_id": facts.patient_id,
            "practitioner_id": principal.user_id,
            "encounter_id": request.encounter_id,
            "status": "active",
            "priority": request.priority,
            "reason": request.reason,
            "note": request.note,
            "patient_sex": facts.sex or "unknown",
            "patient_birth_date": facts.birth_date,
        }

        def work(connection: Connection) -> LabOrder:
            hand = Hand(mover_of(principal), self._desk.clock(), self._zone)
            stamp = {"updated_by": principal.user_id, "updated_at": hand.at, "ordered_at": hand.at}
            row = orders.add(connection, values | stamp)
            moves.write(connection, "order", [row], name="place", mover=hand.mover, at=hand.at)
            added = add_tests(connection, row, wanted, hand, origin="ordered")
            publish_placed(connection, row, added.tests, snapshot, hand.at)
            return self._done(connection, principal, "place", row, snapshot)

        return await self._desk.database.transact(work)

    async def add(
        self, principal: Principal, order_id: UUID, request: Addition, expected: int | None = None
    ) -> LabOrder:
        """Adds tests; specimens that are there, stable and of the right kind are used.

        Raises:
            OrderNotFound: none that the caller may know of.
            NotOrderable: a test is not offered.
            AlreadyOrdered: the order has one of them, open or out.
            MoveNotAllowed: the order is not active.
            ChangedMeanwhile: it is not in the expected version.
        """
        principal.require(Permission.LABORATORY_ORDER)
        snapshot = await self._desk.catalogue.current()
        wanted = _wanted(snapshot, request)
        await self._check(principal, order_id)

        def work(connection: Connection) -> LabOrder:
            hand = Hand(mover_of(principal), self._desk.clock(), self._zone)
            row = self._moved(connection, principal, order_id, "add", expected)
            present: dict[UUID, list[str]] = {}
            for test in orders.tests_of(connection, order_id):
                present.setdefault(test.test_type_id, []).append(test.status)
            twice = repeated(wanted, present)
            if twice:
                raise AlreadyOrdered(", ".join(test.code for test in twice))
            tubes = [tube_of(one) for one in orders.specimens_of(connection, order_id)]
            added = add_tests(connection, row, wanted, hand, origin="add-on", tubes=tubes)
            publish_placed(connection, row, added.tests, snapshot, hand.at)
            return self._done(connection, principal, "add", row, snapshot)

        return await self._desk.database.transact(work)

    async def cancel(
        self, principal: Principal, order_id: UUID, request: TestCancellation
    ) -> LabOrder:
        """Takes tests back that have not begun, all of them or none.

        Raises:
            OrderNotFound: none that the caller may know of, or without such tests.
            MoveNotAllowed: one of them has begun or ended.
        """
        principal.require(Permission.LABORATORY_ORDER)
        snapshot = await self._desk.catalogue.current()
        await self._check(principal, order_id)

        def work(connection: Connection) -> LabOrder:
            row = self._lock(connection, order_id)
            tests = {one.id: one for one in orders.tests_of(connection, order_id)}
            if not tests.keys() >= set(request.test_ids):
                raise OrderNotFound("the order has no such test")
            chosen = [tests[test_id] for test_id in dict.fromkeys(request.test_ids)]
            row = self._cancel(connection, principal, row, chosen, request.reason, snapshot)
            return self._done(connection, principal, "cancel", row, snapshot)

        return await self._desk.database.transact(work)

    async def revoke(
        self, principal: Principal, order_id: UUID, request: Because, expected: int | None = None
    ) -> LabOrder:
        """Takes a whole order back of which nothing has begun.

        Raises:
            DomainError: as `cancel`.
            ChangedMeanwhile: it is not in the expected version.
        """
        principal.require(Permission.LABORATORY_ORDER)
        snapshot = await self._desk.catalogue.current()
        await self._check(principal, order_id)

        def work(connection: Connection) -> LabOrder:
            row = self._lock(connection, order_id)
            if expected not in (None, row.version) or row.status not in ("active", "on-hold"):
                refuse("order", "revoke", row, expected)
            tests = [one for one in orders.tests_of(connection, order_id)
                     if one.status in OPEN_TEST]  # fmt: skip
            row = self._cancel(connection, principal, row, tests, request.reason, snapshot)
            return self._done(connection, principal, "revoke", row, snapshot)

        return await self._desk.database.transact(work)

    async def hold(
        self, principal: Principal, order_id: UUID, request: Because, expected: int | None = None
    ) -> LabOrder:
        """Lets an order rest: its tests leave the worklist.

        Raises:
            OrderNotFound: none that the caller may know of.
            MoveNotAllowed: it is not active.
            ChangedMeanwhile: it is not in the expected version.
        """
        return await self._rest(principal, order_id, "hold", expected, request.reason)

    async def resume(
        self, principal: Principal, order_id: UUID, expected: int | None = None
    ) -> LabOrder:
        """Goes on with an order that rested.

        Raises:
            DomainError: as `hold`.
        """
        return await self._rest(principal, order_id, "resume", expected, None)

    async def _rest(
        self,
        principal: Principal,
        order_id: UUID,
        name: str,
        expected: int | None,
        reason: str | None,
    ) -> LabOrder:
        principal.require(Permission.LABORATORY_ORDER)
        snapshot = await self._desk.catalogue.current()
        await self._check(principal, order_id)

        def work(connection: Connection) -> LabOrder:
            row = self._moved(connection, principal, order_id, name, expected, reason)
            return self._done(connection, principal, name, row, snapshot)

        return await self._desk.database.transact(work)

    def _cancel(
        self,
        connection: Connection,
        principal: Principal,
        order: Row[Any],
        tests: Sequence[Row[Any]],
        reason: str,
        snapshot: Snapshot,
    ) -> Row[Any]:
        mover, at, why = mover_of(principal), self._desk.clock(), Why(note=reason)
        ids = [test.id for test in tests]
        gone = step(connection, "test", ids, "cancel", mover, at, why=why, status_reason=reason)
        if len(gone) < len(ids):
            moved = {row.id for row in gone}
            refuse("test", "cancel", next(one for one in tests if one.id not in moved), None)
        waited = {row.specimen_id for row in gone if row.specimen_id}
        needed = {
            row.specimen_id
            for row in orders.tests_of(connection, order.id)
            if row.status in OPEN_TEST
        }
        step(connection, "specimen", sorted(waited - needed), "cancel", mover, at, why=why)
        row = settle(connection, order, mover, at, why)
        items = mapping.items(gone, snapshot)
        if items:
            event = TestsCancelled(**told(row), occurred_at=at, reason=reason, items=items)
            publish(connection, event)
        return row

    def _lock(self, connection: Connection, order_id: UUID) -> Row[Any]:
        row = orders.lock(connection, order_id)
        if row is None:
            raise OrderNotFound
        return row

    def _moved(
        self,
        connection: Connection,
        principal: Principal,
        order_id: UUID,
        name: str,
        expected: int | None,
        reason: str | None = None,
    ) -> Row[Any]:
        before = self._lock(connection, order_id)
        rows = step(
            connection,
            "order",
            [order_id],
            name,
            mover_of(principal),
            self._desk.clock(),
            why=Why(note=reason),
            version=expected,
            status_reason=reason,
            ended_at=None,
        )
        return rows[0] if rows else refuse("order", name, before, expected)

    async def _check(self, principal: Principal, order_id: UUID) -> None:
        row = await self._desk.database.read(lambda c: orders.find(c, order_id))
        await self._desk.sight.check(principal, row.patient_id if row else None, OBJECT["order"])

    def _done(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        row: Row[Any],
        snapshot: Snapshot,
    ) -> LabOrder:
        """The order as it is now, and the audit row of what was done."""
        now = self._desk.clock()
        write_audit(
            connection, principal, f"order.{action}", OBJECT["order"], row.id, now, row.patient_id
        )
        tests = orders.tests_of(connection, row.id)
        return mapping.order(row, tests, orders.specimens_of(connection, row.id), snapshot, now)


def _wanted(snapshot: Snapshot, request: Addition) -> list[Wanted]:
    wanted, faults = expand(snapshot, request.tests)
    if faults:
        errors = [FieldError(f"/tests/{at}", code, words) for at, code, words in faults]
        raise NotOrderable("some tests are not offered", errors)
    return wanted
