"""Quality control: lots, runs, broken rules; an open rejection holds patients' results."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory.catalogue_shapes import Snapshot
from deployments.laboratory.control_schemas import (
    Closing,
    ControlChart,
    ControlLot,
    ControlLotRequest,
    ControlLots,
    ControlRun,
    ControlRunQuery,
    ControlRunRequest,
    Violation,
    ViolationQuery,
)
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import (
    ControlLotInUse,
    ControlNotFound,
    MoveNotAllowed,
    TestTypeNotFound,
    WrongTime,
)
from deployments.laboratory.recording import write_audit
from deployments.laboratory.westgard import Point, broken_by
from deployments.pagination import Page, decode_cursor, page_of
from storage.columns import new_id
from storage.database import ConstraintViolated
from storage.laboratory import controls

OBJECT: Final = "DeviceMetric"
LOOKED_BACK: Final = 40
"""Runs of all levels: more than any rule needs."""
CHARTED: Final = 200
READERS = (Permission.LABORATORY_READ_ANY, Permission.LABORATORY_MANAGE)


class Controls:
    """Operations of quality control.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.settings.time_zone)

    async def add_lot(self, principal: Principal, request: ControlLotRequest) -> ControlLot:
        """Adds a lot of control material.

        Raises:
            TestTypeNotFound: no such parameter, or one that is not measured in numbers.
            ControlLotInUse: the lot is there already.
        """
        principal.require(Permission.LABORATORY_MANAGE)
        snapshot = await self._desk.catalogue.current()
        parameter = snapshot.find_parameter(request.parameter)
        if parameter is None or parameter.kind != "numeric":
            raise TestTypeNotFound(f"no parameter {request.parameter!r} measured in numbers")
        values = request.model_dump(exclude={"parameter"}) | {
            "id": new_id(), "parameter_id": parameter.id, "active": True,
            "updated_by": principal.user_id,
        }  # fmt: skip

        def work(connection: Connection) -> ControlLot:
            now = self._desk.clock()
            row = controls.add_lot(connection, values | {"updated_at": now})
            write_audit(connection, principal, "control_lot.add", OBJECT, row.id, now, None)
            return _lot(row, snapshot)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated:
            raise ControlLotInUse(f"lot {request.lot} level {request.level} is there") from None

    async def retire_lot(self, principal: Principal, lot_id: UUID) -> ControlLot:
        """The lot is used up; its runs count no more.

        Raises:
            ControlNotFound: no such lot.
        """
        principal.require(Permission.LABORATORY_MANAGE)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> ControlLot:
            now = self._desk.clock()
            stamp = {"updated_by": principal.user_id, "updated_at": now}
            row = controls.change_lot(connection, lot_id, active=False, **stamp)
            if row is None:
                raise ControlNotFound
            write_audit(connection, principal, "control_lot.retire", OBJECT, lot_id, now, None)
            return _lot(row, snapshot)

        return await self._desk.database.transact(work)

    async def list_lots(self, principal: Principal, *, active: bool) -> ControlLots:
        """Lots in use, or those that were."""
        principal.require(*READERS)
        snapshot = await self._desk.catalogue.current()
        rows = await self._desk.database.read(lambda c: controls.list_lots(c, active=active))
        return ControlLots(items=[_lot(row, snapshot) for row in rows])

    async def add_run(self, principal: Principal, request: ControlRunRequest) -> ControlRun:
        """Stores a measurement of a control and judges it by the rules of Westgard.

        Raises:
            ControlNotFound: no such lot in use.
            WrongTime: in the future, older than the newest run, or after the lot expired.
        """
        principal.require(Permission.LABORATORY_WORK)

        def work(connection: Connection) -> ControlRun:
            now = self._desk.clock()
            lot = controls.find_lot(connection, request.control_lot_id)
            if lot is None or not lot.active:
                raise ControlNotFound
            controls.lock_pair(connection, lot.parameter_id, lot.instrument)
            run, broken = self._judge(connection, principal, lot, request)
            write_audit(connection, principal, "control_run.add", OBJECT, run.id, now, None)
            return _run(run, broken)

        return await self._desk.database.transact(work)

    def _judge(
        self,
        connection: Connection,
        principal: Principal,
        lot: Row[Any],
        request: ControlRunRequest,
    ) -> tuple[Row[Any], list[str]]:
        now = self._desk.clock()
        at = request.measured_at or now
        before = controls.last_runs(connection, lot.parameter_id, lot.instrument, LOOKED_BACK)
        if at > now or (before and at < before[-1].measured_at):
            raise WrongTime("measured_at: not in the future, not before the newest run")
        if at.astimezone(self._zone).date() > lot.expires_on:
            raise WrongTime(f"measured_at: the lot expired on {lot.expires_on}")
        z = ((request.value - lot.target) / lot.sd).quantize(Decimal("0.0001"))
        run = controls.add_run(
            connection,
            {
                "id": new_id(), "control_lot_id": lot.id, "value": request.value, "z": z,
                "measured_at": at, "entered_by": principal.user_id, "comment": request.comment,
            },
        )  # fmt: skip
        points = [Point(row.level, row.z, row.measured_at) for row in before]
        found = broken_by([*points, Point(lot.level, z, at)])
        rows = [
            {
                "id": new_id(), "run_id": run.id, "parameter_id": lot.parameter_id,
                "instrument": lot.instrument, "rule": one.rule, "severity": one.severity,
                "found_at": now,
            }
            for one in found
        ]  # fmt: skip
        controls.add_violations(connection, rows)
        return run, [one.rule for one in found]

    async def list_runs(self, principal: Principal, query: ControlRunQuery) -> Page[ControlRun]:
        """Measurements of a lot, newest first.

        Raises:
            ControlNotFound: no such lot.
            InvalidCursor: of another list.
        """
        principal.require(*READERS)
        place = datetime.fromisoformat, UUID
        before: Any = decode_cursor(query.cursor, *place) if query.cursor else None

        def work(connection: Connection) -> Page[ControlRun]:
            if controls.find_lot(connection, query.lot) is None:
                raise ControlNotFound
            limit = query.limit + 1
            rows = controls.list_runs(connection, query.lot, before=before, limit=limit)
            broken = controls.violations_of(connection, [row.id for row in rows])
            runs = [_run(row, [one.rule for one in broken[row.id]]) for row in rows]
            return page_of(runs, query.limit, lambda run: (run.measured_at.isoformat(), run.id))

        return await self._desk.database.read(work)

    async def chart(self, principal: Principal, lot_id: UUID) -> ControlChart:
        """The newest runs of a lot, oldest first.

        Raises:
            ControlNotFound: no such lot.
        """
        principal.require(*READERS)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> ControlChart:
            lot = controls.find_lot(connection, lot_id)
            if lot is None:
                raise ControlNotFound
            rows = controls.runs_of(connection, lot_id, CHARTED)
            broken = controls.violations_of(connection, [row.id for row in rows])
            points = [_run(row, [one.rule for one in broken[row.id]]) for row in rows]
            return ControlChart(lot=_lot(lot, snapshot), points=points)

        return await self._desk.database.read(work)

    async def list_violations(self, principal: Principal, query: ViolationQuery) -> Page[Violation]:
        """Broken rules, newest first.

        Raises:
            InvalidCursor: of another list.
        """
        principal.require(*READERS)
        snapshot = await self._desk.catalogue.current()
        before = decode_cursor(query.cursor, UUID)[0] if query.cursor else None
        rows = await self._desk.database.read(
            lambda c: controls.list_violations(
                c, open_=query.status == "open", before=before, limit=query.limit + 1
            )
        )
        page = page_of(rows, query.limit, lambda row: (row.id,))
        items = [_violation(row, snapshot) for row in page.items]
        return Page[Violation](items=items, next_cursor=page.next_cursor)

    async def close(self, principal: Principal, violation_id: UUID, request: Closing) -> Violation:
        """Says what was done; results of the parameter are no longer held by it.

        Raises:
            ControlNotFound: no such broken rule.
            MoveNotAllowed: it is closed already.
        """
        principal.require(Permission.LABORATORY_WORK)
        snapshot = await self._desk.catalogue.current()

        def work(connection: Connection) -> Violation:
            now = self._desk.clock()
            row = controls.close(
                connection, violation_id,
                closed_at=now, closed_by=principal.user_id, action=request.action,
            )  # fmt: skip
            if row is None:
                if controls.find_violation(connection, violation_id) is None:
                    raise ControlNotFound
                raise MoveNotAllowed("it is closed already")
            name = "control_violation.close"
            write_audit(connection, principal, name, OBJECT, violation_id, now, None)
            return _violation(row, snapshot)

        return await self._desk.database.transact(work)


def _lot(row: Row[Any], snapshot: Snapshot) -> ControlLot:
    parameter = snapshot.parameter(row.parameter_id)
    made = {"parameter", "unit"}
    plain = {name: getattr(row, name) for name in ControlLot.model_fields if name not in made}
    return ControlLot(**plain, parameter=parameter.code, unit=parameter.unit)


def _run(row: Row[Any], broken: Sequence[str]) -> ControlRun:
    plain = {name: getattr(row, name) for name in ControlRun.model_fields if name != "broken"}
    return ControlRun(**plain, broken=list(broken))


def _violation(row: Row[Any], snapshot: Snapshot) -> Violation:
    plain = {name: getattr(row, name) for name in Violation.model_fields if name != "parameter"}
    return Violation(**plain, parameter=snapshot.parameter(row.parameter_id).code)
