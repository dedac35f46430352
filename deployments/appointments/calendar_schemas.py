"""What crosses the border about doctors' time and the reasons for visits."""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from deployments.appointments.schemas import Appointment, Identifier, ReasonCode
from deployments.schemas import Day, Instant, Schema, ShortText, TimeZoneName, Version

LONGEST_LEAVE: Final = timedelta(days=730)
Weekday = Annotated[int, Field(ge=1, le=7, description="ISO weekday: Monday is 1")]
SlotMinutes = Annotated[int, Field(ge=5, le=480, description="minutes between starts")]
Minutes = Annotated[int, Field(ge=0, le=240)]


class ReasonRequest(Schema):
    """What a reason for visits asks for.

    Attributes:
        buffer_before_minutes: the doctor's time reserved before a visit.
        minimum_notice_minutes: how long ahead a patient books.
        self_bookable: whether patients book it themselves.
        specialty: whose reason it is; None for every doctor.
        active: whether new visits can have it.
    """

    code: ReasonCode
    display_en: ShortText
    display_vi: ShortText
    duration_minutes: Annotated[int, Field(ge=5, le=480)]
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0
    minimum_notice_minutes: Annotated[int, Field(ge=0, le=43200)] = 0
    self_bookable: bool = True
    specialty: ShortText | None = None
    active: bool = True


class AppointmentReason(ReasonRequest):
    """Why patients come, and what such a visit takes."""

    id: UUID
    version: Version


class ReasonList(Schema):
    """Every reason, by code."""

    items: list[AppointmentReason]


class WeeklyHoursRequest(Schema):
    """Hours that a doctor sees patients each week, read off the clock of a named zone.

    Attributes:
        end: local time; at or before `start` it is on the next day, so 00:00 is midnight.
        slot_minutes: visits begin this many minutes apart, counted from `start`.
        valid_until: last local date; None for ever.
    """

    weekday: Weekday
    start: time
    end: time
    time_zone: TimeZoneName
    slot_minutes: SlotMinutes
    valid_from: Day
    valid_until: Day | None = None
    location_id: UUID | None = None
    location_name: ShortText | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        _check_wall_times(self.start, self.end)
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until must not be before valid_from")
        return self


class WeeklyHours(WeeklyHoursRequest):
    """One weekly rule of one doctor."""

    id: UUID
    practitioner_id: UUID
    version: Version


class AvailabilityRequest(WeeklyHoursRequest):
    """A weekly rule and whose it is; the caller's own when left out."""

    practitioner_id: UUID | None = None


class ExceptionKind(StrEnum):
    """What is different on one date."""

    EXTRA = "extra"
    CLOSED = "closed"


class ExceptionRequest(Schema):
    """Extra hours on a date, or hours closed on it.

    Attributes:
        start: local time; with `end` left out too, the whole date (only to close it).
        slot_minutes: as for weekly hours; says nothing when closed.
    """

    practitioner_id: UUID | None = None
    kind: ExceptionKind
    date: Day
    start: time = time(0)
    end: time = time(0)
    time_zone: TimeZoneName
    slot_minutes: SlotMinutes = 15
    location_id: UUID | None = None
    location_name: ShortText | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        _check_wall_times(self.start, self.end)
        return self


class AvailabilityException(Schema):
    """One date of one doctor that differs from the week."""

    id: UUID
    practitioner_id: UUID
    kind: ExceptionKind
    date: date
    start: time
    end: time
    time_zone: str
    slot_minutes: int
    location_id: UUID | None
    location_name: str | None
    version: Version


class LeaveRequest(Schema):
    """Time in which a doctor sees nobody, and why."""

    practitioner_id: UUID | None = None
    start: Instant
    end: Instant
    reason: ShortText

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not timedelta(0) < self.end - self.start <= LONGEST_LEAVE:
            raise ValueError(f"end must be after start, by at most {LONGEST_LEAVE.days} days")
        return self


class Leave(Schema):
    """A doctor's leave."""

    id: UUID
    practitioner_id: UUID
    start: Instant
    end: Instant
    reason: str
    created_at: Instant


class EnteredLeave(Leave):
    """A leave just entered, and the booked visits it falls on; their patients are told."""

    affected: list[Appointment]


class PractitionerAvailability(Schema):
    """Everything that decides when a doctor can be booked."""

    practitioner_id: UUID
    weekly: list[WeeklyHours]
    exceptions: list[AvailabilityException]
    leave: list[Leave]


class ImportedSchedule(Schema):
    """A doctor's weekly hours as another system knows them; importing again replaces them."""

    identifier: Identifier
    practitioner_id: UUID
    weekly: Annotated[list[WeeklyHoursRequest], Field(max_length=200)]


class ImportReceipt(Schema):
    """What an import did.

    Attributes:
        id: the appointment, or the doctor whose schedule it is.
    """

    id: UUID
    outcome: Literal["created", "updated", "unchanged"]


def _check_wall_times(start: time, end: time) -> None:
    for value in (start, end):
        if value.tzinfo is not None or value.second or value.microsecond:
            raise ValueError("write local times as HH:MM, without a zone")
