"""What pharmacy must know of a patient before a drug is prescribed or handed out."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Principal
from deployments.medical_records.codes import ICD_10_CM, LOINC, RXNORM
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounters import check_encounter
from deployments.medical_records.entry_rules import earliest_day
from deployments.medical_records.pregnancy import is_pregnant
from deployments.medical_records.rules import Basis
from deployments.medical_records.schemas import (
    AllergyFact,
    ConditionFact,
    MedicationFact,
    SafetyFacts,
)
from deployments.medical_records.vital_signs import EGFR, WEIGHT
from deployments.users.schemas import PatientBrief
from storage.medical_records import facts

T = TypeVar("T")
U = TypeVar("U")
KINDS: Final = ("AllergyIntolerance", "Condition", "MedicationStatement", "Observation")


class Safety:
    """Gathers the facts of a safety check.

    A check on half of the facts would say that a drug is safe. So when the patient has denied
    one of the kinds to the caller, nothing is answered, and the caller asks the patient, or
    breaks the glass.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get_facts(
        self,
        principal: Principal,
        patient_id: UUID,
        order_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> SafetyFacts:
        """The facts, with one audit row for all of them.

        Args:
            principal: who prescribes or hands out.
            patient_id: the patient.
            order_id: the prescription that the calling service vouches for.
            encounter_id: of the patient, in which something is ordered.

        Raises:
            RecordNotFound: no such patient, or not all of it may be known to the caller.
            EncounterRefused: the patient has no such encounter.
            EncounterStatusRefused: the encounter is over.
        """

        def work(connection: Connection, _all: frozenset[str]) -> Sequence[Row[Any]]:
            check_encounter(connection, patient_id, encounter_id)
            return facts.of_patient(
                connection,
                patient_id,
                today=earliest_day(self._desk.clock()),
                loinc=LOINC,
                weight=(WEIGHT,),
                egfr=EGFR,
            )

        reading = self._desk.gate.read_kinds(
            principal,
            patient_id,
            KINDS,
            work,
            action="safety-facts-read",
            vouched=Basis("order", order_id) if order_id else None,
            needs_all=True,
        )
        rows, patient = await _both(reading, self._desk.directory.get_patient(patient_id))
        return _facts(rows, patient)


async def _both(first: Awaitable[T], second: Awaitable[U]) -> tuple[T, U]:
    """What both say, asked at once; a refusal of the first comes before one of the second."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(two, BaseException):
        raise two
    return one, two


def _facts(rows: Sequence[Row[Any]], patient: PatientBrief) -> SafetyFacts:
    parts: dict[str, list[Row[Any]]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    conditions = [_condition(row) for row in parts.get("condition", [])]
    weight, egfr = (next(iter(parts.get(part, [])), None) for part in ("weight", "egfr"))
    sex = patient.gender.value if patient.gender else None
    return SafetyFacts(
        patient_id=patient.id,
        birth_date=patient.birth_date,
        sex=sex,
        allergies=_allergies(parts.get("allergy", [])),
        medications=[_medication(row) for row in parts.get("medication", [])],
        conditions=conditions,
        weight_kg=weight.value if weight else None,
        weight_at=weight.at if weight else None,
        egfr_ml_min=egfr.value if egfr else None,
        egfr_at=egfr.at if egfr else None,
        pregnant=is_pregnant((one.icd10 for one in conditions), sex),
    )


def _allergies(rows: Sequence[Row[Any]]) -> list[AllergyFact] | None:
    """None when nothing was ever recorded: "no known allergies" is a row of its own."""
    if not rows:
        return None
    return [
        AllergyFact(
            id=row.id,
            rxnorm=_coded(row, RXNORM),
            text=row.code_text,
            criticality=row.criticality,
        )
        for row in rows
        if not row.no_known
    ]


def _medication(row: Row[Any]) -> MedicationFact:
    return MedicationFact(
        id=row.id,
        rxnorm=_coded(row, RXNORM),
        text=row.code_text,
        prescription_item_id=row.item_id,
    )


def _condition(row: Row[Any]) -> ConditionFact:
    return ConditionFact(id=row.id, icd10=_coded(row, ICD_10_CM), text=row.code_text)


def _coded(row: Row[Any], system: str) -> str | None:
    code: str | None = row.code
    return code if row.code_system == system else None
