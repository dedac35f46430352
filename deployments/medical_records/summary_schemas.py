"""A chart at a glance, and its course in time, at the service's border."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from deployments.medical_records.access_schemas import Kind
from deployments.medical_records.allergy_schemas import Allergy
from deployments.medical_records.condition_schemas import Condition
from deployments.medical_records.encounter_schemas import Encounter
from deployments.medical_records.immunization_schemas import Immunization
from deployments.medical_records.medication_schemas import MedicationStatement
from deployments.medical_records.vital_schemas import Observation
from deployments.pagination import PageRequest
from deployments.schemas import Instant, Schema


class AllergyList(Schema):
    """Active allergies, and whether somebody asked for them.

    Attributes:
        known: "none-known" was recorded as a fact; "not-recorded" says nothing about the patient.
    """

    known: Literal["recorded", "none-known", "not-recorded"]
    items: list[Allergy]


class PatientSummary(Schema):
    """A chart at a glance; a part that the patient has denied the caller is null.

    Attributes:
        conditions: active ones.
        medications: what the patient takes now.
        vital_signs: the last of each kind.
        encounters: the latest.
        immunizations: the latest.
        withheld: kinds that the patient has denied the caller. Whether there is anything of that
            kind is not told; that it was denied is, because a list that only looks empty would
            be taken for a fact. A patient finds nothing withheld in their own chart.
    """

    patient_id: UUID
    allergies: AllergyList | None
    conditions: list[Condition] | None
    medications: list[MedicationStatement] | None
    vital_signs: list[Observation] | None
    encounters: list[Encounter] | None
    immunizations: list[Immunization] | None
    withheld: list[Kind]


class TimelineItem(Schema):
    """Something that happened to a patient.

    Attributes:
        at: when it happened, or was written down where that is all that is known.
        text: what it is, as it was written.
        detail: a measured value with its unit.
    """

    at: Instant
    kind: Kind
    id: UUID
    text: str
    detail: str | None
    status: str | None
    encounter_id: UUID | None


class TimelineQuery(PageRequest):
    """Which part of a course is wanted."""

    kind: Annotated[
        list[Kind], Field(default_factory=list, max_length=20, description="all if omitted")
    ]
