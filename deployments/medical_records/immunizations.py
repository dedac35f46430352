"""Immunizations: record, correct, void."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.medical_records.codes import check_code, code_columns, take_code
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounters import check_encounter
from deployments.medical_records.entries import Chart, Kind, Row, Values, entry_values
from deployments.medical_records.entry_imports import content_of
from deployments.medical_records.entry_rules import earliest_day
from deployments.medical_records.errors import ImmunizationRefused
from deployments.medical_records.immunization_schemas import (
    Immunization,
    ImmunizationRequest,
    ImportedImmunization,
)
from deployments.medical_records.terminology_schemas import CodeSystem
from deployments.medical_records.vital_rules import CLOCKS_DIFFER
from storage.medical_records import observation_tables

CVX: Final = CodeSystem.CVX.uri


def immunization(row: Row) -> Immunization:
    """An immunization as callers see it."""
    values = entry_values(row)
    return Immunization(code=take_code(values), **values)


IMMUNIZATIONS: Final = Kind(
    resource="Immunization",
    model=observation_tables.Immunization,
    shape=immunization,
    voided={"status": "entered-in-error"},
    writers=(Permission.RECORDS_WRITE,),
    order="occurred_at",
)


class Immunizations:
    """Operations on immunizations; reading, history and voiding are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self.chart = Chart(desk.gate, IMMUNIZATIONS)

    async def record(
        self, principal: Principal, patient_id: UUID, request: ImmunizationRequest
    ) -> Immunization:
        """Writes down that a vaccine was given, or was not.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            ImmunizationRefused: it lies in the future, or the vaccine had expired.
            UnknownCode: not a code of CVX.
            EncounterRefused: the patient has no such encounter.
            EncounterStatusRefused: the encounter is over.
        """

        def prepare(connection: Connection, now: datetime) -> Values:
            check_encounter(connection, patient_id, request.encounter_id)
            return {"encounter_id": request.encounter_id, **_columns(connection, request, now)}

        return await self.chart.add(principal, patient_id, prepare)

    async def correct(
        self,
        principal: Principal,
        patient_id: UUID,
        immunization_id: UUID,
        request: ImmunizationRequest,
        expected: int | None = None,
    ) -> Immunization:
        """Replaces what is said of an immunization.

        Raises:
            DomainError: as `record` and `Chart.change`.
        """

        def decide(connection: Connection, _row: Row, now: datetime) -> Values:
            return _columns(connection, request, now)

        return await self.chart.change(
            principal, patient_id, immunization_id, "correct", decide, expected
        )


def check(request: ImmunizationRequest, now: datetime) -> None:
    """Passes when it can have happened so.

    An expiry date is a local one, so that it is over when it is over everywhere.

    Raises:
        ImmunizationRefused: `errors` says why.
    """
    done = request.status == "completed"
    expired = request.expires_on and request.expires_on < earliest_day(request.occurred_at)
    wrong = {
        ("occurred_at", "in_future", "lies in the future"): request.occurred_at
        > now + CLOCKS_DIFFER,
        ("expires_on", "expired", "had expired when it was given"): done and bool(expired),
        ("status_reason", "required", "why was it not done?"): not done
        and request.status_reason is None,
        ("status_reason", "not_allowed", "it was done"): done and request.status_reason is not None,
        ("dose_unit", "required", "goes with dose_quantity"): (request.dose_quantity is None)
        != (request.dose_unit is None),
        ("series_doses", "too_few", "fewer than dose_number"): (request.series_doses or 20)
        < (request.dose_number or 1),
    }
    found = [
        FieldError(f"/{where}", code, words)
        for (where, code, words), is_so in wrong.items()
        if is_so
    ]
    if found:
        raise ImmunizationRefused("see errors", found)


def imported_columns(one: ImportedImmunization) -> Mapping[str, Any]:
    """The columns of an immunization that another system knows."""
    return {**content_of(one), **code_columns(one.code.coding, one.code.text)}


def _columns(connection: Connection, request: ImmunizationRequest, now: datetime) -> dict[str, Any]:
    check(request, now)
    return {
        **request.model_dump(exclude={"code", "encounter_id"}),
        **check_code(connection, request.code, {CVX}),
    }
