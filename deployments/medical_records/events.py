"""What the medical records service tells others."""

from typing import ClassVar
from uuid import UUID

from deployments.events import Event


class BreakGlassUsed(Event):
    """Somebody opened a chart in an emergency; the privacy officer reviews it."""

    name: ClassVar[str] = "medical_records.break_glass_used.v1"
    aggregate_field: ClassVar[str] = "access_id"

    access_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class EncounterEvent(Event):
    """What every event about an encounter says; the practitioner is who did it."""

    aggregate_field: ClassVar[str] = "encounter_id"

    encounter_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class EncounterOpened(EncounterEvent):
    """Somebody opened an encounter."""

    name: ClassVar[str] = "medical_records.encounter_opened.v1"


class EncounterFinished(EncounterEvent):
    """An encounter ended as it should."""

    name: ClassVar[str] = "medical_records.encounter_finished.v1"
