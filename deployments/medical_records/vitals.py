"""Vital signs: measure once or in a round, amend, void, read the latest."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.errors import FieldError, NotFound, Unavailable
from deployments.medical_records import growth, vital_rounds, vital_rules
from deployments.medical_records.desk import Desk
from deployments.medical_records.directory import Directory
from deployments.medical_records.encounters import check_encounter
from deployments.medical_records.entries import Chart, Row, Values, line
from deployments.medical_records.entry_schemas import Voiding
from deployments.medical_records.errors import MeasurementRefused
from deployments.medical_records.vital_rules import Child
from deployments.medical_records.vital_schemas import (
    Amendment,
    Measurement,
    MeasurementRequest,
    Observation,
    Observations,
    Occasion,
    Round,
    RoundRequest,
    Signs,
    VitalQuery,
)
from deployments.medical_records.vital_shapes import (
    OBSERVATIONS,
    observation,
    result_columns,
    sign_shown,
    vital_sign_columns,
)
from deployments.medical_records.vital_signs import SIGNS
from deployments.pagination import Page
from storage.columns import new_id
from storage.medical_records import entries, observations
from storage.medical_records.observation_tables import VitalSign


class Vitals:
    """Operations on observations; reading one, its history and versions are `chart`'s."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.chart = Chart(desk.gate, OBSERVATIONS)

    def list_signs(self) -> Signs:
        """The vital signs that can be written down, with what is accepted for each."""
        return Signs(items=[sign_shown(sign) for sign in SIGNS.values()])

    async def list_page(
        self, principal: Principal, patient_id: UUID, query: VitalQuery
    ) -> Page[Observation]:
        """A page of observations, the latest first.

        Raises:
            RecordNotFound: no chart that the caller may know of.
            InvalidCursor: the cursor is not from this list.
        """
        matching: dict[str, list[Any]] = {"code": query.code} if query.code else {}
        if query.category:
            matching["category"] = [query.category]
        return await self.chart.list_page(
            principal, patient_id, query, matching, since=query.since, before=query.before
        )

    async def get_latest(
        self, principal: Principal, patient_id: UUID, codes: Sequence[str] = ()
    ) -> Observations:
        """The last standing observation of each code (FHIR's `$lastn` with max=1).

        Raises:
            RecordNotFound: no chart that the caller may know of.
        """

        def work(connection: Connection) -> Observations:
            rows = observations.latest(connection, patient_id, codes or list(SIGNS))
            return Observations(items=[observation(row) for row in rows])

        return await self._desk.gate.read(
            principal, patient_id, OBSERVATIONS.resource, work, action="search"
        )

    async def record(
        self, principal: Principal, patient_id: UUID, request: MeasurementRequest
    ) -> Observation:
        """Writes down one measurement.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            EncounterRefused: the patient has no such encounter.
            EncounterStatusRefused: the encounter is over.
            MeasurementRefused: it is not possible, or unlikely and not confirmed.
        """
        child = await find_child(self._desk.directory, patient_id, [request])

        def prepare(connection: Connection, now: datetime) -> Values:
            check_encounter(connection, patient_id, request.encounter_id)
            at = _checked([request], [""], child, request.effective_at, now)
            return _columns(request, request, at, None)

        return await self.chart.add(principal, patient_id, prepare)

    async def record_round(
        self, principal: Principal, patient_id: UUID, request: RoundRequest
    ) -> Round:
        """Writes down what was measured together, all or nothing; adds the body mass index.

        Raises:
            RecordNotFound: no chart that the caller may write to.
            MeasurementRefused: something is not possible, or unlikely and not confirmed.
            DomainError: as `record`.
        """
        given = request.measurements
        child = await find_child(self._desk.directory, patient_id, given)
        pointers = [f"/measurements/{place}" for place in range(len(given))]

        def work(connection: Connection, now: datetime) -> Round:
            _check_distinct(given)
            check_encounter(connection, patient_id, request.encounter_id)
            at = _checked(given, pointers, child, request.effective_at, now)
            round_id, by = new_id(), line(principal, "record", now)
            columns = [_columns(one, request, at, round_id) for one in given]
            index = vital_rules.derived_index(vital_rounds.values_of(columns))
            if index is not None:
                columns.append(vital_rounds.index_columns(columns[0], index))
            rows = [
                entries.add(connection, VitalSign, {"patient_id": patient_id, **one}, by)
                for one in columns
            ]
            shown = [observation(row) for row in rows]
            return Round(id=round_id, patient_id=patient_id, observations=shown)

        return await self._desk.gate.write(
            principal,
            patient_id,
            OBSERVATIONS.resource,
            "record-round",
            work,
            *OBSERVATIONS.writers,
        )

    async def amend(
        self,
        principal: Principal,
        patient_id: UUID,
        observation_id: UUID,
        amendment: Amendment,
        expected: int | None = None,
    ) -> Observation:
        """Replaces the result of a vital sign; what was computed from it follows.

        Raises:
            MeasurementRefused: another code, a computed value, or as `record`.
            DomainError: as `Chart.change`.
        """
        child = await find_child(self._desk.directory, patient_id, [amendment])

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            _check_amendable(row, amendment)
            at = _checked(
                [amendment], [""], child, amendment.effective_at or row["effective_at"], now
            )
            values = {**result_columns(amendment), "effective_at": at, "status": "amended"}
            vital_rounds.follow(connection, principal, {**row, **values}, now)
            return values

        return await self.chart.change(
            principal, patient_id, observation_id, "amend", decide, expected
        )

    async def void(
        self,
        principal: Principal,
        patient_id: UUID,
        observation_id: UUID,
        voiding: Voiding,
        expected: int | None = None,
    ) -> Observation:
        """Says that it should never have been written, nor what was computed from it.

        Raises:
            DomainError: as `Chart.change`.
        """

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            values = vital_rounds.voided(principal, voiding.reason, now)
            vital_rounds.follow(connection, principal, {**row, **values}, now)
            return values

        return await self.chart.change(
            principal, patient_id, observation_id, "void", decide, expected
        )


async def find_child(
    directory: Directory, patient_id: UUID, given: Sequence[Measurement]
) -> Child | None:
    """Who is measured, when it matters; None too while users cannot say."""
    if not any(one.code in growth.MEASURE_OF for one in given):
        return None
    try:
        patient = await directory.get_patient(patient_id)
    except (NotFound, Unavailable):
        return None
    sex = growth.SEX_OF.get(patient.gender)
    return Child(sex, patient.birth_date) if sex and patient.birth_date else None


def _checked(
    given: Sequence[Measurement],
    pointers: Sequence[str],
    child: Child | None,
    effective_at: datetime | None,
    now: datetime,
) -> datetime:
    """When it was measured, after everything has been checked."""
    at = effective_at or now
    vital_rules.check_time(at, now)
    vital_rules.check_all(given, child, at.date(), pointers)
    return at


def _check_distinct(given: Sequence[Measurement]) -> None:
    codes = [one.code for one in given]
    found = [
        FieldError(f"/measurements/{place}/code", "twice", "is in this round already")
        for place, code in enumerate(codes)
        if code in codes[:place]
    ]
    if found:
        raise MeasurementRefused("see errors", found)


def _check_amendable(row: Row, amendment: Amendment) -> None:
    if row["code"] != amendment.code:
        error = FieldError("/code", "code_stays", "void it and write down the other")
        raise MeasurementRefused("see errors", [error])
    if row["derived"]:
        error = FieldError("/quantity", "derived", "amend what it was computed from")
        raise MeasurementRefused("see errors", [error])


def _columns(
    one: Measurement, occasion: Occasion, at: datetime, round_id: UUID | None
) -> dict[str, Any]:
    return {
        **vital_sign_columns(one.code),
        **result_columns(one),
        "encounter_id": occasion.encounter_id,
        "status": occasion.status,
        "effective_at": at,
        "round_id": round_id,
        "derived": False,
    }
