"""Results by hand: typed, accepted, released by a second person, repeated, corrected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.laboratory import alerting, result_mapping
from deployments.laboratory.adding import Hand
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import (
    ControlOpen,
    MoveNotAllowed,
    NotPlaced,
    ResultNotFound,
    TestNotFound,
)
from deployments.laboratory.measured import Measured
from deployments.laboratory.recording import OBJECT, mover_of, step, write_audit
from deployments.laboratory.releasing import release
from deployments.laboratory.result_schemas import Correction, Entries, LabResult, Repeat
from deployments.laboratory.states import OUT
from deployments.laboratory.storing import Outcome, store
from deployments.laboratory.versions import Source
from storage.laboratory import alerts, controls, jobs, orders, results


@dataclass(frozen=True)
class Found:
    """A version of a result, locked, with its test."""

    row: Row[Any]
    test: Row[Any]
    snapshot: Snapshot
    at: datetime


class Entering:
    """Operations of technicians on results.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)
        self._patience = timedelta(minutes=desk.settings.alert_step_minutes)

    async def enter(self, principal: Principal, test_id: UUID, request: Entries) -> LabResult:
        """Stores what was measured by hand; all of it or nothing.

        Raises:
            TestNotFound: no such test.
            NotPlaced: `errors` says which value, and why.
        """
        return await self._enter(principal, test_id, request, None)

    async def correct(self, principal: Principal, test_id: UUID, request: Correction) -> LabResult:
        """Writes what is right in place of what was released; it counts once released itself.

        Raises:
            TestNotFound: no such test.
            MoveNotAllowed: nothing of it was released.
            NotPlaced: `errors` says which value, and why.
        """
        return await self._enter(principal, test_id, request, request.reason)

    async def _enter(
        self, principal: Principal, test_id: UUID, request: Entries, reason: str | None
    ) -> LabResult:
        principal.require(Permission.LABORATORY_WORK)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> LabResult:
            at = self._desk.clock()
            test = orders.find_test(connection, test_id)
            if test is None:
                raise TestNotFound
            if reason is not None and test.status not in OUT:
                raise MoveNotAllowed(f"correction is not possible while the test is {test.status}")
            specimen = orders.find_specimen(connection, test.specimen_id)
            assert specimen is not None  # noqa: S101  # a foreign key
            measured = [
                Measured(
                    specimen.accession, one.parameter, one.value, one.unit, at,
                    correction=reason is not None, comment=request.comment,
                )
                for one in request.values
            ]  # fmt: skip
            check_belongs(snapshot, test, request)
            mover = mover_of(principal)
            source = Source("hand", None, mover, at, self._patience, self._zone, reason)
            _refuse_held(store(connection, snapshot, measured, source))
            head = results.versions(connection, test_id)[0]
            return self._done(connection, principal, "enter", head.id, snapshot, at)

        return await self._desk.database.transact(work)

    async def accept(self, principal: Principal, result_id: UUID) -> LabResult:
        """The measurement is technically sound; the automatic check looks at it next.

        Raises:
            ResultNotFound: no such result.
            MoveNotAllowed: it is accepted already, replaced, or out.
        """

        def work(connection: Connection, found: Found) -> None:
            mover = mover_of(principal)
            if found.row.accepted_at is not None or not found.row.current:
                raise MoveNotAllowed("the result is accepted already, or was replaced")
            if not step(connection, "test", [found.test.id], "accept", mover, found.at):
                raise MoveNotAllowed(f"the test is {found.test.status}")
            results.change(
                connection, [found.row.id], accepted_by=principal.user_id, accepted_at=found.at
            )
            jobs.enqueue(connection, "verify", [found.row.id], at=found.at)

        return await self._do(principal, Permission.LABORATORY_WORK, "accept", result_id, work)

    async def release(self, principal: Principal, result_id: UUID) -> LabResult:
        """The second person releases it: it counts, and the requester is told.

        Raises:
            ResultNotFound: no such result.
            MoveNotAllowed: it is not accepted, replaced, or out already.
            OwnResult: the caller entered it, or a part of it.
            ControlOpen: a control of its analyzer is out of its limits.
        """

        def work(connection: Connection, found: Found) -> None:
            hand = Hand(mover_of(principal), found.at, self._zone)
            _refuse_uncontrolled(connection, found)
            release(connection, found.snapshot, found.row, hand, how="person")

        return await self._do(principal, Permission.LABORATORY_VERIFY, "release", result_id, work)

    async def repeat(self, principal: Principal, result_id: UUID, request: Repeat) -> LabResult:
        """The result is not believed: the test is measured again.

        Raises:
            ResultNotFound: no such result.
            MoveNotAllowed: it was replaced, or is out.
        """

        def work(connection: Connection, found: Found) -> None:
            if found.row.status != "preliminary":
                raise MoveNotAllowed(f"repeating is not possible: it is {found.row.status}")
            results.retire(connection, [found.row.id], status="cancelled", reason=request.reason)
            rows = alerts.of_tests(connection, [found.test.id])
            if found.test.status in OUT:  # the released version stands, with its alerts
                rows = [one for one in rows if one.result_id == result_id]
            else:
                step(connection, "test", [found.test.id], "repeat", mover_of(principal), found.at)
            alerting.withdraw(
                connection, rows, found.snapshot, actor_id=principal.user_id, at=found.at
            )

        return await self._do(principal, Permission.LABORATORY_VERIFY, "repeat", result_id, work)

    async def _do(
        self,
        principal: Principal,
        permission: Permission,
        action: str,
        result_id: UUID,
        work: Callable[[Connection, Found], None],
    ) -> LabResult:
        principal.require(permission)
        snapshot = await self._desk.catalogue.current()

        def attempt(connection: Connection) -> LabResult:
            at = self._desk.clock()
            row = results.find(connection, result_id)
            test = orders.find_test(connection, row.test_id) if row else None
            if row is None or test is None:
                raise ResultNotFound
            orders.lock(connection, test.order_id)
            locked = results.lock(connection, [result_id])[0]
            test = orders.find_test(connection, row.test_id)
            assert test is not None  # noqa: S101  # found above, never deleted
            work(connection, Found(locked, test, snapshot, at))
            return self._done(connection, principal, action, result_id, snapshot, at)

        return await self._desk.database.transact(attempt)

    def _done(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        result_id: UUID,
        snapshot: Snapshot,
        at: datetime,
    ) -> LabResult:
        row = results.find(connection, result_id)
        assert row is not None  # noqa: S101  # just written
        test = orders.find_test(connection, row.test_id)
        assert test is not None  # noqa: S101  # a foreign key
        kind = OBJECT["test"]
        name = f"result.{action}"
        write_audit(connection, principal, name, kind, row.id, at, row.patient_id)
        values = results.values_of(connection, [row.id])[row.id]
        return result_mapping.result(row, test, values, snapshot)


def check_belongs(snapshot: Snapshot, test: Row[Any], request: Entries) -> None:
    """Refuses parameters of other tests.

    Raises:
        NotPlaced: one of them is not of this test.
    """
    known = {one.code.upper() for one in snapshot.tests[test.test_type_id].parameters}
    errors = [
        FieldError(f"/values/{at}/parameter", "not_ordered", f"{one.parameter} is not of this test")
        for at, one in enumerate(request.values)
        if one.parameter.upper() not in known
    ]
    if errors:
        raise NotPlaced("some values are not of this test", errors)


def _refuse_held(outcomes: Sequence[Outcome]) -> None:
    errors = [
        FieldError(f"/values/{at}", one.reason or "", one.detail or "")
        for at, one in enumerate(outcomes)
        if one.status == "held"
    ]
    if errors:
        raise NotPlaced("some values cannot be taken; nothing was stored", errors)


def _refuse_uncontrolled(connection: Connection, found: Found) -> None:
    values = results.values_of(connection, [found.row.id])[found.row.id]
    ids = [one.parameter_id for one in values]
    held = controls.holds(connection, ids, found.row.instrument, found.at)
    if held:
        codes = sorted(found.snapshot.parameter(one).code for one in held)
        where = found.row.instrument or "an analyzer that nobody named"
        raise ControlOpen(f"{', '.join(codes)} on {where}: close the broken rule")
