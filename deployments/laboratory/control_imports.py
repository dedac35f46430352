"""Taking over the control runs of an analyzer, judged like those that are measured here."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.laboratory.control_schemas import ImportedControls, ImportedRun
from deployments.laboratory.controls import LOOKED_BACK, OBJECT
from deployments.laboratory.desk import Desk
from deployments.laboratory.errors import TestTypeNotFound
from deployments.laboratory.recording import write_audit
from deployments.laboratory.westgard import Broken, Point, broken_by
from storage.columns import new_id
from storage.laboratory import controls, imports


class Judged(NamedTuple):
    """A run, how far it is from the target, and the rules that it breaks."""

    run: ImportedRun
    lot: Row[Any]
    z: Decimal
    broken: Sequence[Broken]


class ControlImports:
    """Operations of the importer on quality control.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def import_controls(self, principal: Principal, imported: ImportedControls) -> bool:
        """Takes in lots of one parameter on one analyzer, with their runs, in one transaction.

        Returns:
            False when one of the lots is there already; nothing is changed then.

        Raises:
            Forbidden: not the importer.
            TestTypeNotFound: no such parameter, or one that is not measured in numbers.
        """
        principal.require(Permission.LABORATORY_IMPORT)
        snapshot = await self._desk.catalogue.current()
        parameter = snapshot.find_parameter(imported.parameter)
        if parameter is None or parameter.kind != "numeric":
            raise TestTypeNotFound(f"no parameter {imported.parameter!r} measured in numbers")
        pair = (parameter.id, imported.instrument)

        def work(connection: Connection) -> bool:
            imports.lock(connection)
            controls.lock_pair(connection, *pair)
            named = {(one.lot, one.level) for one in imported.lots}
            there = controls.lots_of(connection, *pair)
            if not named.isdisjoint((row.lot, row.level) for row in there):
                return False
            now = self._desk.clock()
            stamp = {"active": True, "updated_by": principal.user_id, "updated_at": now}
            lots = {}
            for one in imported.lots:
                values = {"id": new_id(), "parameter_id": pair[0], "instrument": pair[1]}
                row = controls.add_lot(connection, one.model_dump() | values | stamp)
                write_audit(connection, principal, "control_lot.import", OBJECT, row.id, now, None)
                lots[one.level] = row
            _write(connection, list(judge(imported.runs, lots)), imported.entered_by)
            return True

        return await self._desk.database.transact(work)


def judge(runs: Sequence[ImportedRun], lots: Mapping[int, Any]) -> Iterator[Judged]:
    """Each run by those before it, oldest first."""
    points: list[Point] = []
    for run in sorted(runs, key=lambda one: one.measured_at):
        lot = lots[run.level]
        z = ((run.value - lot.target) / lot.sd).quantize(Decimal("0.0001"))
        points.append(Point(run.level, z, run.measured_at))
        yield Judged(run, lot, z, broken_by(points[-LOOKED_BACK:]))


def _write(connection: Connection, judged: Sequence[Judged], entered_by: UUID) -> None:
    rows = [
        {
            "id": new_id(), "control_lot_id": one.lot.id, "value": one.run.value, "z": one.z,
            "measured_at": one.run.measured_at, "entered_by": entered_by,
            "comment": one.run.comment,
        }
        for one in judged
    ]  # fmt: skip
    violations = [
        {
            "id": new_id(), "run_id": row["id"], "parameter_id": one.lot.parameter_id,
            "instrument": one.lot.instrument, "rule": broken.rule, "severity": broken.severity,
            "found_at": one.run.measured_at,
            "closed_at": one.run.answered_at,
            "closed_by": entered_by if one.run.answered_at else None,
            "action": one.run.action,
        }
        for one, row in zip(judged, rows, strict=True)
        for broken in one.broken
    ]  # fmt: skip
    controls.add_runs(connection, rows)
    controls.add_violations(connection, violations)
