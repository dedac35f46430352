"""What crosses the border of the appointments service: visits, slots and their history."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from deployments.appointments.cancellation import CancellationCode
from deployments.appointments.transitions import AppointmentStatus, Move
from deployments.pagination import PageRequest
from deployments.schemas import Day, Instant, Schema, ShortText, TimeZoneName, Version

SEARCH_DAYS = 62
DEFAULT_SEARCH_DAYS = 14
MOST_PRACTITIONERS = 50

Comment = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class Identifier(Schema):
    """A name that another system gave: unique within that system."""

    system: ShortText
    value: ShortText


class Appointment(Schema):
    """A visit of one patient to one doctor.

    Attributes:
        hold_expires_at: end of the lease while the status is `pending`.
        cancellation_code: FHIR appointment-cancellation-reason, or `hold-expired`.
        created_by: who asked for it; `updated_by` is who moved it last.
        version: grows with each move; the ETag.
    """

    id: UUID
    status: AppointmentStatus
    patient_id: UUID
    practitioner_id: UUID
    reason_id: UUID
    start: Instant
    end: Instant
    location_id: UUID | None = None
    location_name: str | None = None
    comment: str | None = None
    hold_expires_at: Instant | None = None
    cancellation_code: str | None = None
    cancellation_text: str | None = None
    identifier: Identifier | None = None
    created_by: UUID
    created_at: Instant
    updated_by: UUID
    updated_at: Instant
    booked_at: Instant | None = None
    arrived_at: Instant | None = None
    checked_in_at: Instant | None = None
    fulfilled_at: Instant | None = None
    cancelled_at: Instant | None = None
    noshow_at: Instant | None = None
    version: Version


class AppointmentRequest(Schema):
    """What a visit needs: whom to see, why and when.

    Attributes:
        patient_id: whose visit it is; the caller's own when left out.
        start: one of the starts that the search for free slots gave.
    """

    practitioner_id: UUID
    reason_id: UUID
    start: Instant
    patient_id: UUID | None = None
    comment: Comment | None = None


class Cancellation(Schema):
    """Why a visit is cancelled."""

    code: CancellationCode
    text: Comment | None = None


class Rescheduling(Schema):
    """Where a visit is moved to; who, whom and why stay as they are."""

    start: Instant


class AppointmentMove(Schema):
    """One step of an appointment's history.

    Attributes:
        previous_start: where the visit was before it was moved.
    """

    move: Move
    from_status: AppointmentStatus | None
    to_status: AppointmentStatus
    start: Instant
    previous_start: Instant | None
    actor_id: UUID
    actor_role: str
    version: Version
    at: Instant


class AppointmentHistory(Schema):
    """Every move of one appointment, oldest first."""

    appointment_id: UUID
    moves: list[AppointmentMove]


class AppointmentQuery(PageRequest):
    """Which appointments are listed; by start, oldest first.

    Attributes:
        start_from: earliest start, included.
        start_before: latest start, not included.
    """

    model_config = ConfigDict(populate_by_name=True)

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    status: list[AppointmentStatus] = Field(default_factory=list, max_length=len(AppointmentStatus))
    start_from: Annotated[Instant | None, Field(alias="from")] = None
    start_before: Annotated[Instant | None, Field(alias="to")] = None


class PractitionerDay(Schema):
    """A doctor's visits on a local date, by start; cancelled ones are left out."""

    practitioner_id: UUID
    date: date
    time_zone: str
    appointments: list[Appointment]


class TimeSlot(Schema):
    """A free time; computed, never stored."""

    practitioner_id: UUID
    reason_id: UUID
    start: Instant
    end: Instant
    location_id: UUID | None = None
    location_name: str | None = None


class SlotQuery(PageRequest):
    """Which free slots are wanted; by start, then doctor.

    Attributes:
        reason_id: what the visit is for; it decides how long a slot is.
        practitioner_id: these doctors; else those of the specialty; else all at the location.
        first_day: first local date; today when left out.
        last_day: last local date, included; at most 62 days in all.
        time_zone: whose dates they are; the hospital's when left out.
    """

    model_config = ConfigDict(populate_by_name=True)

    reason_id: UUID
    practitioner_id: list[UUID] = Field(default_factory=list, max_length=MOST_PRACTITIONERS)
    specialty: ShortText | None = None
    location_id: UUID | None = None
    first_day: Annotated[Day | None, Field(alias="from")] = None
    last_day: Annotated[Day | None, Field(alias="to")] = None
    time_zone: TimeZoneName | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.first_day and self.last_day:
            days = (self.last_day - self.first_day).days + 1
            if not 1 <= days <= SEARCH_DAYS:
                raise ValueError(f"search 1 to {SEARCH_DAYS} days at a time")
        return self


class ImportedAppointment(Schema):
    """A visit as another system knows it; may lie in the past.

    Attributes:
        identifier: what makes importing it twice harmless.
        cancellation_code: required by nothing here: other systems may not know it.
    """

    identifier: Identifier
    status: AppointmentStatus
    patient_id: UUID
    practitioner_id: UUID
    reason_code: ReasonCode
    start: Instant
    end: Instant
    location_id: UUID | None = None
    location_name: ShortText | None = None
    comment: Comment | None = None
    cancellation_code: ShortText | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.start < self.end:
            raise ValueError("end must be after start")
        return self
