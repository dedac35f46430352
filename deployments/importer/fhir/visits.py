"""FHIR Location, Schedule with its PractitionerRoles, and Appointment to the calendar's words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from deployments.appointments.calendar_schemas import ImportedSchedule, WeeklyHoursRequest
from deployments.appointments.schemas import ImportedAppointment
from deployments.importer import vocabulary
from deployments.importer.fhir.shape import (
    NotTaken,
    built,
    code_in,
    codings,
    extension,
    full_date,
    identifiers,
    objects,
    text,
    texts,
)
from deployments.importer.reading import Json

LOCATIONS: Final = UUID("6d656472-6179-5000-8000-6c6f63617469")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANY_DAY: Final = date(1970, 1, 1)
SLOT_MINUTES: Final = 15
DEFAULT_REASON: Final = "consultation"
APPOINTMENT_TYPES: Final = {
    "CHECKUP": "check-up",
    "EMERGENCY": "urgent",
    "FOLLOWUP": "follow-up",
    "ROUTINE": "consultation",
    "WALKIN": "urgent",
}


@dataclass(frozen=True)
class Place:
    """A Location: a room, or a department when it is not inside one."""

    id: UUID
    name: str
    is_room: bool
    part_of: Json | None


def place(resource: Json) -> Place:
    """A place; its id follows from its identifier, so that it is the same at every import.

    Raises:
        NotTaken: no identifier or no name.
    """
    first = identifiers(resource)[0]
    name = text(resource.get("name"))
    if name is None:
        raise NotTaken("name: needs one")
    physical = dict(codings(resource.get("physicalType"))).values()
    part_of = resource.get("partOf")
    return Place(
        uuid5(LOCATIONS, f"{first['system']}|{first['value']}"),
        name,
        "ro" in physical,
        part_of if isinstance(part_of, dict) else None,
    )


def schedule(
    resource: Json,
    *,
    practitioner_id: UUID,
    roles: Sequence[Json],
    at: Place | None,
    time_zone: str,
) -> ImportedSchedule:
    """A doctor's weekly hours, while the planning horizon lasts.

    FHIR R4 keeps no hours in a Schedule: they are the available times of the PractitionerRoles.

    Raises:
        NotTaken: no identifier, not active, no hours, or hours of a broken shape.
    """
    if resource.get("active") is False:
        raise NotTaken("active: false")
    horizon = resource.get("planningHorizon")
    horizon = horizon if isinstance(horizon, dict) else {}
    common = {
        "time_zone": time_zone,
        "valid_from": _day(horizon.get("start")) or ANY_DAY,
        "valid_until": _day(horizon.get("end")),
        "location_id": at.id if at else None,
        "location_name": at.name if at else None,
    }
    weekly = [
        built(WeeklyHoursRequest, {**common, **hours}) for role in roles for hours in _week(role)
    ]
    if not weekly:
        raise NotTaken("PractitionerRole.availableTime: none, so there are no hours")
    return built(
        ImportedSchedule,
        {
            "identifier": identifiers(resource)[0],
            "practitioner_id": practitioner_id,
            "weekly": [hours.model_dump() for hours in weekly],
        },
    )


def appointment(
    resource: Json, *, patient_id: UUID, practitioner_id: UUID, at: Place | None
) -> ImportedAppointment:
    """A visit.

    Raises:
        NotTaken: no identifier, status, start or end, or a broken one.
    """
    cancelled = list(codings(resource.get("cancelationReason")))  # spelled so by R4
    return built(
        ImportedAppointment,
        {
            "identifier": identifiers(resource)[0],
            "status": resource.get("status"),
            "patient_id": patient_id,
            "practitioner_id": practitioner_id,
            "reason_code": _reason(resource),
            "start": resource.get("start"),
            "end": resource.get("end"),
            "location_id": at.id if at else None,
            "location_name": at.name if at else None,
            "comment": text(resource.get("comment")) or text(resource.get("description")),
            "cancellation_code": cancelled[0][1] if cancelled else None,
        },
    )


def left_out(role: Json) -> Iterator[str]:
    """Parts of a PractitionerRole that are there and were not taken."""
    if objects(role.get("notAvailable")):
        yield "notAvailable: enter it as leave"


def _reason(resource: Json) -> str:
    ours = code_in(vocabulary.VISIT_REASON, *objects(resource.get("reasonCode")))
    kinds = (code for _, code in codings(resource.get("appointmentType")))
    return ours or next(
        (APPOINTMENT_TYPES[code] for code in kinds if code in APPOINTMENT_TYPES), DEFAULT_REASON
    )


def _week(role: Json) -> Iterator[dict[str, object]]:
    """Each weekday with hours, of one PractitionerRole."""
    minutes = extension(role, vocabulary.SLOT_MINUTES, "valuePositiveInt") or SLOT_MINUTES
    for available in objects(role.get("availableTime")):
        start, end = available.get("availableStartTime"), available.get("availableEndTime")
        if available.get("allDay") is True:
            start = end = "00:00"
        for weekday in _weekdays(available):
            yield {"weekday": weekday, "start": start, "end": end, "slot_minutes": minutes}


def _weekdays(available: Json) -> Iterable[int]:
    """ISO numbers of the days; all of them when none is given (FHIR R4, PractitionerRole)."""
    named = texts(available.get("daysOfWeek")) or WEEKDAYS
    if unknown := [day for day in named if day not in WEEKDAYS]:
        raise NotTaken(f"availableTime.daysOfWeek: {len(unknown)} that are no day")
    return [WEEKDAYS.index(day) + 1 for day in named]


def _day(value: object) -> date | None:
    return full_date(value[:10]) if isinstance(value, str) else None
