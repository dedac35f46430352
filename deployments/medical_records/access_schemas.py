"""Who may read a chart, who did, and what the patient says of it, at the service's border."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.pagination import PageRequest
from deployments.schemas import Instant, LongText, Schema, Version

Kind = Literal[
    "AllergyIntolerance",
    "CarePlan",
    "Composition",
    "Condition",
    "Encounter",
    "FamilyMemberHistory",
    "Immunization",
    "MedicationStatement",
    "Observation",
    "Procedure",
]
"""FHIR resource types of what stands in a chart."""
ReaderRole = Literal["doctor", "nurse", "pharmacist", "lab_technician"]


class OpenedRecord(Schema):
    """The medical record of one patient."""

    id: UUID
    patient_id: UUID
    opened_at: Instant
    opened_by: UUID


class ConsentProvision(Schema):
    """Whom a consent names, and what of the chart.

    Attributes:
        type: FHIR's Consent.provision.type.
        practitioner_id: one person; with neither this nor a role, everybody.
        role: everybody of a role.
        kinds: resource types; empty means the whole chart.
        starts_at: from when; from now on if omitted.
        ends_at: until when, exclusive; null until revoked.
    """

    type: Literal["deny", "permit"]
    practitioner_id: UUID | None = None
    role: ReaderRole | None = None
    kinds: Annotated[list[Kind], Field(default_factory=list, max_length=20)]
    starts_at: Instant | None = None
    ends_at: Instant | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.practitioner_id is not None and self.role is not None:
            raise ValueError("name a person or a role, not both")
        return self


class ConsentRequest(Schema):
    """What a patient says of their chart."""

    provision: ConsentProvision


class Consent(Schema):
    """What a patient has said of their chart (FHIR Consent).

    Attributes:
        revoked_at: when it was taken back.
    """

    id: UUID
    version: Version
    patient_id: UUID
    status: Literal["active", "inactive", "entered-in-error"]
    scope: Literal["patient-privacy"] = "patient-privacy"
    provision: ConsentProvision
    recorded_at: Instant
    revoked_at: Instant | None


class EmergencyReason(Schema):
    """Why the glass is broken.

    Attributes:
        reason_code: the kind of emergency.
        reason: in words, for the review.
    """

    reason_code: Literal[
        "life-threatening", "unconscious", "covering-colleague", "public-health", "other"
    ]
    reason: Annotated[LongText, Field(min_length=10)]


class EmergencyAccess(Schema):
    """One chart, opened to one person for a short time, and what the review says.

    Attributes:
        ended_at: when it was given back before its time.
        verdict: of the privacy officer; null while the review is open.
    """

    id: UUID
    version: Version
    patient_id: UUID
    practitioner_id: UUID
    practitioner_role: str
    reason_code: str
    reason: str
    started_at: Instant
    expires_at: Instant
    ended_at: Instant | None
    reviewed_at: Instant | None
    reviewed_by: UUID | None
    verdict: Literal["justified", "not-justified"] | None
    note: str | None


class ReviewQuery(PageRequest):
    """Which reviews are wanted; all if omitted."""

    state: Literal["open", "closed"] | None = None


class Verdict(Schema):
    """What the privacy officer found."""

    verdict: Literal["justified", "not-justified"]
    note: LongText


class ChartAccess(Schema):
    """Somebody looked at a chart, changed it, or was refused.

    Attributes:
        actor_id: who; null when it was another patient, whom nobody need know.
        actor_name: of staff who work here.
        actor_role: in which roles.
        action: the verb.
        kind: FHIR resource type of what was looked at.
        entry_id: which entry, if one.
        basis: why they might: own, encounter:..., appointment:..., order:..., consent:...,
            break-glass:...; null when they were refused.
        outcome: success or denied.
    """

    at: Instant
    actor_id: UUID | None
    actor_name: str | None
    actor_role: str
    action: str
    kind: str
    entry_id: UUID | None
    basis: str | None
    outcome: str
