"""Medical history: of the family, social, surgical, obstetric."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import entry_rules
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
from deployments.medical_records.history_schemas import (
    HistoryQuery,
    HistoryRequest,
    ImportedHistory,
    MedicalHistory,
)
from deployments.pagination import Page
from storage.medical_records import chart_tables


def medical_history(row: Row) -> MedicalHistory:
    """History as callers see it."""
    values = entry_values(row)
    return MedicalHistory(code=take_code(values), **values)


HISTORIES: Final = Kind(
    resource="FamilyMemberHistory",
    model=chart_tables.MedicalHistory,
    shape=medical_history,
    voided={"status": "entered-in-error"},
)


class Histories:
    """Operations on medical history; reading, its own history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, HISTORIES)

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: HistoryQuery
    ) -> Page[MedicalHistory]:
        """A page of a patient's entries, newest first.

        Raises:
            DomainError: as `Chart.list_page`.
        """
        matching = {"kind": list(query.kind)}
        return await self.chart.list_page(principal, patient_id, query, matching)

    async def record(
        self, principal: Principal, patient_id: UUID, request: HistoryRequest
    ) -> MedicalHistory:
        """Writes down history.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EntryInconsistent: it contradicts itself.
            UnknownCode: not in the terminology.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.add(principal, patient_id, prepare)

    async def revise(
        self,
        principal: Principal,
        patient_id: UUID,
        history_id: UUID,
        request: HistoryRequest,
        expected: int | None = None,
    ) -> MedicalHistory:
        """Replaces what is said.

        Raises:
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, _row: Row, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.change(
            principal, patient_id, history_id, "revise", decide, expected
        )


def imported_columns(imported: ImportedHistory) -> Mapping[str, Any]:
    """The columns of what another system knows."""
    coded = code_columns(imported.code.coding, imported.code.text)
    return content_of(imported) | coded


def _columns(connection: Connection, request: HistoryRequest, now: datetime) -> Values:
    entry_rules.check_history(request, now)
    coded = check_code(connection, request.code, {ICD_10_CM, LOINC})
    return request.model_dump(exclude={"code"}) | coded
