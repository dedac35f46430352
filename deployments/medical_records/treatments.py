"""Treatment: procedures and plans of care."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import entry_rules
from deployments.medical_records.care_plan_schemas import CarePlan, CarePlanMove, CarePlanRequest
from deployments.medical_records.codes import (
    ICD_10_CM,
    LOINC,
    check_code,
    code_columns,
    take_code,
)
from deployments.medical_records.desk import Desk
from deployments.medical_records.entries import Chart, Kind, Row, Values, entry_values
from deployments.medical_records.entry_imports import content_of
from deployments.medical_records.procedure_schemas import (
    ImportedProcedure,
    Moving,
    Procedure,
    ProcedureMove,
    ProcedureRequest,
)
from storage.medical_records import chart_tables

UNFINISHED: Final = frozenset({"draft", "active", "on-hold", "unknown"})


def procedure(row: Row) -> Procedure:
    """A procedure as callers see it."""
    values = entry_values(row)
    return Procedure(code=take_code(values), **values)


def care_plan(row: Row) -> CarePlan:
    """A plan of care as callers see it."""
    return CarePlan(**entry_values(row))


PROCEDURES: Final = Kind(
    resource="Procedure",
    model=chart_tables.Procedure,
    shape=procedure,
    voided={"status": "entered-in-error"},
)
CARE_PLANS: Final = Kind(
    resource="CarePlan",
    model=chart_tables.CarePlan,
    shape=care_plan,
    voided={"status": "entered-in-error"},
)


class Procedures:
    """Operations on procedures; reading, history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, PROCEDURES)

    async def record(
        self, principal: Principal, patient_id: UUID, request: ProcedureRequest
    ) -> Procedure:
        """Writes down a procedure.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it contradicts itself.
            UnknownCode: not in the terminology.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            return _procedure_columns(connection, request, now)

        return await self.chart.add(principal, patient_id, prepare)

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        procedure_id: UUID,
        request: ProcedureRequest,
        expected: int | None = None,
    ) -> Procedure:
        """Replaces what is said of a procedure; its status moves by its verbs.

        Raises:
            MoveNotAllowed: another status is said.
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            kept = entry_rules.keep_status(request, row)
            return _procedure_columns(connection, kept, now)

        return await self.chart.change(
            principal, patient_id, procedure_id, "revise", decide, expected
        )

    async def move(
        self,
        principal: Principal,
        patient_id: UUID,
        procedure_id: UUID,
        move: ProcedureMove,
        moving: Moving,
        expected: int | None = None,
    ) -> Procedure:
        """Starts, holds, completes, stops or cancels a procedure.

        Raises:
            MoveNotAllowed: its status does not allow it.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            status = entry_rules.check_move(entry_rules.PROCEDURE_MOVES, move, row["status"])
            stamps: dict[str, Any] = {}
            if move == "start" and row["performed_from"] is None:
                stamps = {"performed_from": now}
            if move in {"complete", "stop"} and row["performed_from"] is not None:
                stamps = {"performed_until": max(now, row["performed_from"])}
            return {"status": status, "status_reason": moving.reason, **stamps}

        return await self.chart.change(principal, patient_id, procedure_id, move, decide, expected)


class CarePlans:
    """Operations on plans of care; reading, history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, CARE_PLANS)

    async def record(
        self, principal: Principal, patient_id: UUID, request: CarePlanRequest
    ) -> CarePlan:
        """Writes down a plan of care.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it ends before it begins.
        """

        def prepare(_connection: Connection, _now: datetime) -> Values:
            return _plan_columns(request)

        return await self.chart.add(principal, patient_id, prepare)

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        care_plan_id: UUID,
        request: CarePlanRequest,
        expected: int | None = None,
    ) -> CarePlan:
        """Replaces what is planned; the status of a plan under way moves by its verbs.

        Raises:
            MoveNotAllowed: the plan is revoked or completed.
            DomainError: as `record` and `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            entry_rules.check_from("revise", row["status"], UNFINISHED)
            return {**_plan_columns(request), "status": row["status"]}

        return await self.chart.change(
            principal, patient_id, care_plan_id, "revise", decide, expected
        )

    async def move(
        self,
        principal: Principal,
        patient_id: UUID,
        care_plan_id: UUID,
        move: CarePlanMove,
        expected: int | None = None,
    ) -> CarePlan:
        """Activates, holds, revokes or completes a plan.

        Raises:
            MoveNotAllowed: its status does not allow it.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            moves = entry_rules.CARE_PLAN_MOVES
            return {"status": entry_rules.check_move(moves, move, row["status"])}

        return await self.chart.change(principal, patient_id, care_plan_id, move, decide, expected)


def imported_columns(imported: ImportedProcedure) -> Mapping[str, Any]:
    """The columns of what another system knows of a procedure."""
    coded = code_columns(imported.code.coding, imported.code.text)
    return content_of(imported) | coded


def _procedure_columns(connection: Connection, request: ProcedureRequest, now: datetime) -> Values:
    entry_rules.check_procedure(request, now)
    coded = check_code(connection, request.code, {ICD_10_CM, LOINC})
    return request.model_dump(exclude={"code"}) | coded


def _plan_columns(request: CarePlanRequest) -> dict[str, Any]:
    entry_rules.refuse(entry_rules.order_errors("ends_on", request.starts_on, request.ends_on))
    values = request.model_dump()
    parts = {name: to_jsonable_python(values[name]) for name in ("goals", "activities")}
    return values | parts
