"""Problems and diagnoses: record, revise, confirm, refute, resolve, return."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.medical_records import entry_rules
from deployments.medical_records.codes import ICD_10_CM, check_code, code_columns, take_code
from deployments.medical_records.condition_schemas import (
    Abatement,
    Condition,
    ConditionQuery,
    ConditionRequest,
    ImportedCondition,
    Return,
)
from deployments.medical_records.desk import Desk
from deployments.medical_records.entries import Chart, Kind, Row, Values, entry_values
from deployments.medical_records.entry_imports import content_of
from deployments.pagination import Page
from storage.medical_records.chart_tables import Diagnosis

UNCERTAIN: Final = frozenset({"unconfirmed", "provisional", "differential"})
HELD: Final = UNCERTAIN | {"confirmed"}
UNRESOLVED: Final = entry_rules.ONGOING | {"inactive", "remission"}


def condition(row: Row) -> Condition:
    """A problem as callers see it."""
    values = entry_values(row)
    return Condition(code=take_code(values), **values)


CONDITIONS: Final = Kind(
    resource="Condition",
    model=Diagnosis,
    shape=condition,
    voided={"verification_status": "entered-in-error", "clinical_status": None},
    writers=(Permission.RECORDS_DIAGNOSE,),
)


class Conditions:
    """Operations on problems and diagnoses; reading, history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, CONDITIONS)

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: ConditionQuery
    ) -> Page[Condition]:
        """A page of a patient's entries, newest first.

        Raises:
            DomainError: as `Chart.list_page`.
        """
        matching = {"clinical_status": list(query.clinical_status)}
        return await self.chart.list_page(principal, patient_id, query, matching)

    async def record(
        self, principal: Principal, patient_id: UUID, request: ConditionRequest
    ) -> Condition:
        """Writes down a problem or diagnosis.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it contradicts itself.
            UnknownCode: not a code of ICD-10-CM.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.add(principal, patient_id, prepare)

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        condition_id: UUID,
        request: ConditionRequest,
        expected: int | None = None,
    ) -> Condition:
        """Replaces what is said of a problem.

        Raises:
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, _row: Row, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.change(
            principal, patient_id, condition_id, "revise", decide, expected
        )

    async def confirm(
        self,
        principal: Principal,
        patient_id: UUID,
        condition_id: UUID,
        expected: int | None = None,
    ) -> Condition:
        """What was suspected is certain.

        Raises:
            MoveNotAllowed: it is confirmed or refuted already.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            entry_rules.check_from("confirm", row["verification_status"], UNCERTAIN)
            return {"verification_status": "confirmed"}

        return await self.chart.change(
            principal, patient_id, condition_id, "confirm", decide, expected
        )

    async def refute(
        self,
        principal: Principal,
        patient_id: UUID,
        condition_id: UUID,
        expected: int | None = None,
    ) -> Condition:
        """The patient does not have it; it stays in the chart, inactive.

        Raises:
            MoveNotAllowed: it is refuted already.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            entry_rules.check_from("refute", row["verification_status"], HELD)
            return {"verification_status": "refuted", "clinical_status": "inactive"}

        return await self.chart.change(
            principal, patient_id, condition_id, "refute", decide, expected
        )

    async def resolve(
        self,
        principal: Principal,
        patient_id: UUID,
        condition_id: UUID,
        abatement: Abatement,
        expected: int | None = None,
    ) -> Condition:
        """It has ended, or rests.

        Raises:
            MoveNotAllowed: it is refuted, or has ended already.
            EntryInconsistent: it ended before it began, or in the future.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, now: datetime) -> Values:
            entry_rules.check_from("resolve", row["verification_status"], HELD)
            entry_rules.check_from("resolve", row["clinical_status"] or "active", UNRESOLVED)
            ended = abatement.abated_on
            entry_rules.refuse(
                entry_rules.day_errors(now, abated_on=ended)
                + entry_rules.order_errors("abated_on", row["onset_on"], ended)
            )
            return {"clinical_status": abatement.clinical_status, "abated_on": ended}

        return await self.chart.change(
            principal, patient_id, condition_id, "resolve", decide, expected
        )

    async def recur(
        self,
        principal: Principal,
        patient_id: UUID,
        condition_id: UUID,
        again: Return,
        expected: int | None = None,
    ) -> Condition:
        """What had ended is there again.

        Raises:
            MoveNotAllowed: it is refuted, or has not ended.
            DomainError: as `Chart.change`.
        """

        def decide(_connection: Connection, row: Row, _now: datetime) -> Values:
            entry_rules.check_from("recur", row["verification_status"], HELD)
            entry_rules.check_from("recur", row["clinical_status"], entry_rules.ABATED)
            ended = {"abated_on": None, "abatement_text": None}
            return {"clinical_status": again.clinical_status, **ended}

        return await self.chart.change(
            principal, patient_id, condition_id, "recur", decide, expected
        )


def imported_columns(imported: ImportedCondition) -> Mapping[str, Any]:
    """The columns of what another system knows."""
    coded = code_columns(imported.code.coding, imported.code.text)
    return content_of(imported) | coded


def _columns(connection: Connection, request: ConditionRequest, now: datetime) -> Values:
    entry_rules.check_condition(request, now)
    coded = check_code(connection, request.code, {ICD_10_CM})
    return request.model_dump(exclude={"code"}) | coded
