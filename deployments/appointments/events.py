"""What the appointments service tells others."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from deployments.events import Event


class AppointmentEvent(Event):
    """What every event about an appointment says.

    Attributes:
        start: begin of the visit, UTC.
        end: its end, UTC.
        version: the appointment's version after the change; an older one is obsolete.
        reason_code: code of the reason; told of visits that are over, which are charged for.
    """

    aggregate_field: ClassVar[str] = "appointment_id"

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    reason_id: UUID
    start: datetime
    end: datetime
    version: int
    reason_code: str | None = None


class AppointmentBooked(AppointmentEvent):
    """A visit was booked, at once or by confirming a hold."""

    name: ClassVar[str] = "appointments.booked.v1"


class AppointmentImported(AppointmentEvent):
    """Another system's visit was taken over, or brought up to date; no person is told.

    Attributes:
        status: FHIR AppointmentStatus, as it is now.
    """

    name: ClassVar[str] = "appointments.imported.v1"

    status: str


class AppointmentRescheduled(AppointmentEvent):
    """A booked visit was moved to another time."""

    name: ClassVar[str] = "appointments.rescheduled.v1"

    previous_start: datetime


class AppointmentCancelled(AppointmentEvent):
    """A visit was cancelled; expired holds are not told.

    Attributes:
        cancellation_code: code of FHIR's appointment-cancellation-reason.
        by_patient: whether the patient cancelled it.
    """

    name: ClassVar[str] = "appointments.cancelled.v1"

    cancellation_code: str
    by_patient: bool


class AppointmentCheckedIn(AppointmentEvent):
    """The patient is there and ready to be seen."""

    name: ClassVar[str] = "appointments.checked_in.v1"


class AppointmentFulfilled(AppointmentEvent):
    """The visit took place."""

    name: ClassVar[str] = "appointments.fulfilled.v1"


class AppointmentNoShow(AppointmentEvent):
    """The patient did not come."""

    name: ClassVar[str] = "appointments.no_show.v1"


class AppointmentEnteredInError(AppointmentEvent):
    """The appointment should never have been written, whatever was told of it before."""

    name: ClassVar[str] = "appointments.entered_in_error.v1"


class AppointmentReminderDue(AppointmentEvent):
    """It is time to remind the patient.

    Attributes:
        kind: `24h` or `2h`, how long before the visit.
    """

    name: ClassVar[str] = "appointments.reminder_due.v1"

    kind: str


class AppointmentAffectedByLeave(AppointmentEvent):
    """The doctor will be on leave at the time of a booked visit."""

    name: ClassVar[str] = "appointments.affected_by_leave.v1"

    leave_id: UUID
