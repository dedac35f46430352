"""Encounters as callers see them."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.medical_records.encounter_rules import (
    STAYS,
    AdmitSource,
    DischargeDisposition,
    EncounterClass,
    EncounterStatus,
    Opening,
    ParticipantRole,
    Priority,
)
from deployments.medical_records.entry_schemas import (
    Code,
    CodeRequest,
    Entry,
    EntryQuery,
    ImportedEntry,
    LabelText,
)
from deployments.schemas import Instant, Schema, ShortText

MOST_REASONS = 20
MOST_PARTICIPANTS = 30
BEGUN = frozenset({EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS})


class Participant(Schema):
    """Who takes part in an encounter, as what, from when until when."""

    practitioner_id: UUID
    role: ParticipantRole
    start: Instant
    end: Instant | None = None


class ParticipantRequest(Schema):
    """Who is to take part."""

    practitioner_id: UUID
    role: ParticipantRole = "PART"


class Encounter(Entry):
    """A meeting of a patient with those who treat them, or a stay (FHIR Encounter).

    Attributes:
        encounter_id: the encounter that this one is part of, such as a stay.
        opened_as: what was opened without a treatment relation (break-glass, walk-in,
            emergency) is reviewed by the privacy officer.
        start: planned until it begins, then when it began.
    """

    status: EncounterStatus
    encounter_class: EncounterClass
    type_text: str | None
    priority: Priority | None
    opened_as: Opening
    start: Instant
    end: Instant | None
    reasons: list[Code]
    participants: list[Participant]
    location_text: str | None
    appointment_id: UUID | None
    admit_source: AdmitSource | None
    discharge_disposition: DischargeDisposition | None


class EncounterRequest(Schema):
    """What an encounter begins with.

    Attributes:
        status: planned, or how far it has come already.
        start: when it is planned for; one that has begun begins now.
        walk_in: the patient is here without an appointment; see `Encounters.open`.
        participants: the caller takes part anyway.
        encounter_id: the encounter that this one is part of.
    """

    encounter_class: EncounterClass
    status: EncounterStatus = EncounterStatus.IN_PROGRESS
    start: Instant | None = None
    walk_in: bool = False
    type_text: LabelText | None = None
    priority: Priority | None = None
    reasons: list[CodeRequest] = Field(default_factory=list, max_length=MOST_REASONS)
    participants: list[ParticipantRequest] = Field(
        default_factory=list, max_length=MOST_PARTICIPANTS
    )
    location_text: ShortText | None = None
    appointment_id: UUID | None = None
    admit_source: AdmitSource | None = None
    encounter_id: UUID | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        planned = self.status is EncounterStatus.PLANNED
        if not planned and self.status not in BEGUN:
            raise ValueError("status: planned, arrived, triaged or in-progress")
        if planned != (self.start is not None):
            raise ValueError("start: when it is planned for; otherwise it begins now")
        if planned and self.walk_in:
            raise ValueError("a walk-in is here already")
        if self.admit_source and self.encounter_class not in STAYS:
            raise ValueError("admit_source: of stays only")
        return self

    @property
    def admits(self) -> bool:
        """Whether the patient is here now, known to the caller or not."""
        emergency = self.encounter_class is EncounterClass.EMERGENCY
        return self.status in BEGUN and (self.walk_in or emergency)


class Finishing(Schema):
    """How an encounter ended.

    Attributes:
        end: now if omitted.
        discharge_disposition: where the patient went; of stays, and needed there.
    """

    end: Instant | None = None
    discharge_disposition: DischargeDisposition | None = None


class EncounterQuery(EntryQuery):
    """Which encounters are listed, latest start first."""

    status: list[EncounterStatus] = Field(default_factory=list, max_length=len(EncounterStatus))


class ImportedEncounter(ImportedEntry):
    """An encounter as another system knows it."""

    status: EncounterStatus
    encounter_class: EncounterClass
    type_text: LabelText | None = None
    priority: Priority | None = None
    start: Instant
    end: Instant | None = None
    reasons: list[Code] = Field(default_factory=list, max_length=MOST_REASONS)
    participants: list[Participant] = Field(default_factory=list, max_length=MOST_PARTICIPANTS)
    location_text: ShortText | None = None
    admit_source: AdmitSource | None = None
    discharge_disposition: DischargeDisposition | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise ValueError("end must not be before start")
        if self.status is EncounterStatus.ENTERED_IN_ERROR:
            raise ValueError("leave out what was entered in error")
        return self
