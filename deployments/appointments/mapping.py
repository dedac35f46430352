"""Rows into schemas and plain values; rows stay on this side of the border."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from deployments.appointments.availability import Effect, Hours, Visit
from deployments.appointments.calendar_schemas import (
    AvailabilityException,
    ExceptionKind,
    ExceptionRequest,
    WeeklyHours,
    WeeklyHoursRequest,
)
from deployments.appointments.events import AppointmentEvent
from deployments.appointments.schemas import Appointment, Identifier

E = TypeVar("E", bound=AppointmentEvent)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a visit can be booked.

    Attributes:
        notice: how long ahead a patient books.
        hours: the doctor's rules around the date.
        on_leave: whether the doctor is on leave during the visit.
    """

    visit: Visit
    notice: timedelta
    active: bool
    self_bookable: bool
    specialty: str | None
    hours: Sequence[Hours]
    on_leave: bool


def appointment(row: Row) -> Appointment:
    """An appointment as callers see it."""
    values = dict(row)
    system, value = values.pop("identifier_system"), values.pop("identifier_value")
    identifier = Identifier(system=system, value=value) if value is not None else None
    return Appointment(identifier=identifier, **values)


def event(kind: type[E], about: Appointment, at: datetime, /, **more: object) -> E:
    """An event about an appointment as it is now."""
    return kind.model_validate(
        {
            "occurred_at": at,
            "appointment_id": about.id,
            "patient_id": about.patient_id,
            "practitioner_id": about.practitioner_id,
            "reason_id": about.reason_id,
            "start": about.start,
            "end": about.end,
            "version": about.version,
            **more,
        }
    )


def visit(reason: Row) -> Visit:
    """How much time a reason asks for."""
    return Visit(
        duration=timedelta(minutes=reason["duration_minutes"]),
        buffer_before=timedelta(minutes=reason["buffer_before_minutes"]),
        buffer_after=timedelta(minutes=reason["buffer_after_minutes"]),
    )


def hours(rule: Row) -> Hours:
    """A rule as the computation of slots reads it."""
    return Hours(
        effect=Effect(rule["effect"]),
        weekday=rule["weekday"],
        valid_from=rule["valid_from"],
        valid_until=rule["valid_until"],
        start=rule["start"],
        end=rule["end"],
        time_zone=rule["time_zone"],
        slot_minutes=rule["slot_minutes"],
        location_id=rule["location_id"],
        location_name=rule["location_name"],
    )


def facts(rows: Sequence[Row]) -> Facts | None:
    """What `read_facts` found; None when there is no such reason."""
    if not rows:
        return None
    first = rows[0]
    return Facts(
        visit=visit(first),
        notice=timedelta(minutes=first["minimum_notice_minutes"]),
        active=first["active"],
        self_bookable=first["self_bookable"],
        specialty=first["specialty"],
        hours=[hours(row) for row in rows if row["effect"] is not None],
        on_leave=first["on_leave"],
    )


def weekly_values(request: WeeklyHoursRequest) -> dict[str, Any]:
    """The columns of a weekly rule."""
    return {"effect": Effect.OPEN.value, **request.model_dump(exclude={"practitioner_id"})}


def weekly(row: Row) -> WeeklyHours:
    """A weekly rule as callers see it."""
    return WeeklyHours(**{name: row[name] for name in WeeklyHours.model_fields})


def exception_values(request: ExceptionRequest) -> dict[str, Any]:
    """The columns of an exception: a rule without a weekday, valid on one date."""
    extra = request.kind is ExceptionKind.EXTRA
    return {
        "effect": (Effect.OPEN if extra else Effect.CLOSED).value,
        "weekday": None,
        "valid_from": request.date,
        "valid_until": request.date,
        **request.model_dump(exclude={"practitioner_id", "kind", "date"}),
    }


def exception(row: Row) -> AvailabilityException:
    """An exception as callers see it."""
    same = AvailabilityException.model_fields.keys() - {"kind", "date"}
    opens = row["effect"] == Effect.OPEN
    return AvailabilityException(
        kind=ExceptionKind.EXTRA if opens else ExceptionKind.CLOSED,
        date=row["valid_from"],
        **{name: row[name] for name in same},
    )


def split(rules: Iterable[Row]) -> tuple[list[WeeklyHours], list[AvailabilityException]]:
    """A doctor's rules: those of the week, and the exceptions."""
    kept = list(rules)
    return (
        [weekly(row) for row in kept if row["weekday"] is not None],
        [exception(row) for row in kept if row["weekday"] is None],
    )
