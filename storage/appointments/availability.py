"""Doctors' time: rules, leave, and what is taken of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    Interval,
    RowMapping,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.appointments.bookings import COLUMNS
from storage.appointments.tables import (
    TAKING,
    Appointment,
    AppointmentReason,
    DoctorAvailability,
    Leave,
)

RULE: Final = (
    DoctorAvailability.practitioner_id,
    DoctorAvailability.effect,
    DoctorAvailability.weekday,
    DoctorAvailability.valid_from,
    DoctorAvailability.valid_until,
    DoctorAvailability.start,
    DoctorAvailability.end,
    DoctorAvailability.time_zone,
    DoctorAvailability.slot_minutes,
    DoctorAvailability.location_id,
    DoctorAvailability.location_name,
)
REASON: Final = (
    AppointmentReason.duration_minutes,
    AppointmentReason.buffer_before_minutes,
    AppointmentReason.buffer_after_minutes,
    AppointmentReason.minimum_notice_minutes,
    AppointmentReason.self_bookable,
    AppointmentReason.active,
    AppointmentReason.specialty,
)
MANY_RULES: Final = 500
A_DAY: Final = timedelta(days=1)  # a rule's local date is at most a day from the UTC date


def read_facts(
    connection: Connection, practitioner_id: UUID, reason_id: UUID, start: datetime
) -> Sequence[RowMapping]:
    """What decides whether a visit can begin at `start`: no row when the reason is unknown.

    Each row has the reason's columns, `on_leave`, and one rule of the doctor; `effect` is None
    in the only row of a doctor without rules.
    """
    end = start + cast(
        func.make_interval(0, 0, 0, 0, 0, AppointmentReason.duration_minutes), Interval
    )
    on_leave = select(Leave.id).where(
        Leave.practitioner_id == practitioner_id, Leave.end > start, Leave.start < end
    )
    near = (DoctorAvailability.practitioner_id == practitioner_id) & _valid(
        start.date() - A_DAY, start.date() + A_DAY
    )
    query = (
        select(*REASON, on_leave.exists().label("on_leave"), *RULE)
        .select_from(AppointmentReason)
        .outerjoin(DoctorAvailability, near)
        .where(AppointmentReason.id == reason_id)
    )
    return connection.execute(query).mappings().all()


def read_rules(
    connection: Connection,
    first: date,
    last: date,
    *,
    practitioner_ids: Sequence[UUID] | None,
    location_id: UUID | None,
) -> Sequence[RowMapping]:
    """Rules that may speak about local dates from `first` to `last`.

    Args:
        connection: where to read.
        first: a day before the first UTC date.
        last: a day after the last UTC date.
        practitioner_ids: these doctors; None for everybody.
        location_id: only doctors with hours there.
    """
    query = select(*RULE).where(_valid(first, last))
    if practitioner_ids is not None:
        query = query.where(DoctorAvailability.practitioner_id.in_(practitioner_ids))
    if location_id is not None:
        there = select(DoctorAvailability.practitioner_id).where(
            DoctorAvailability.location_id == location_id
        )
        query = query.where(DoctorAvailability.practitioner_id.in_(there))
    return connection.execute(query).mappings().all()


def read_busy(
    connection: Connection,
    practitioner_ids: Sequence[UUID],
    start: datetime,
    end: datetime,
    now: datetime,
) -> Sequence[RowMapping]:
    """Leave and taken time of the doctors that overlaps the range: id, `leave`, start, end.

    A hold whose lease has ended takes nothing.
    """
    taken = select(
        Appointment.practitioner_id,
        literal(False).label("leave"),
        func.lower(Appointment.occupied).label("start"),
        func.upper(Appointment.occupied).label("end"),
    ).where(
        TAKING,
        Appointment.practitioner_id.in_(practitioner_ids),
        Appointment.occupied.op("&&", is_comparison=True)(func.tstzrange(start, end)),
        or_(Appointment.status != "pending", Appointment.hold_expires_at > now),
    )
    leave = select(Leave.practitioner_id, literal(True), Leave.start, Leave.end).where(
        Leave.practitioner_id.in_(practitioner_ids), Leave.end > start, Leave.start < end
    )
    return connection.execute(union_all(taken, leave)).mappings().all()


def list_rules(connection: Connection, practitioner_id: UUID) -> Sequence[RowMapping]:
    """Every rule of a doctor: weekly hours first, then exceptions, by date."""
    table = DoctorAvailability.__table__
    query = (
        select(table)
        .where(DoctorAvailability.practitioner_id == practitioner_id)
        .order_by(
            DoctorAvailability.weekday.nulls_last(),
            DoctorAvailability.valid_from,
            DoctorAvailability.start,
            DoctorAvailability.id,
        )
        .limit(MANY_RULES)
    )
    return connection.execute(query).mappings().all()


def list_leave(
    connection: Connection, practitioner_id: UUID, since: datetime
) -> Sequence[RowMapping]:
    """A doctor's leave that ends after `since`, by start."""
    query = (
        select(Leave.__table__)
        .where(Leave.practitioner_id == practitioner_id, Leave.end > since)
        .order_by(Leave.start, Leave.id)
        .limit(MANY_RULES)
    )
    return connection.execute(query).mappings().all()


def find_rule(
    connection: Connection, rule_id: UUID, practitioner_id: UUID | None, *, weekly: bool
) -> RowMapping | None:
    """A weekly rule or an exception; of one doctor only, unless None."""
    query = select(DoctorAvailability.__table__).where(
        DoctorAvailability.id == rule_id,
        DoctorAvailability.weekday.is_not(None) if weekly else DoctorAvailability.weekday.is_(None),
    )
    if practitioner_id is not None:
        query = query.where(DoctorAvailability.practitioner_id == practitioner_id)
    return connection.execute(query).mappings().first()


def list_imported(connection: Connection, system: str, value: str) -> Sequence[RowMapping]:
    """The rules that were imported with the identifier."""
    query = select(*RULE).where(
        DoctorAvailability.identifier_system == system,
        DoctorAvailability.identifier_value == value,
    )
    return connection.execute(query).mappings().all()


def add_rules(connection: Connection, rules: Sequence[Mapping[str, Any]]) -> Sequence[RowMapping]:
    """Inserts rules, in one statement."""
    statement = insert(DoctorAvailability).values(list(rules))
    returned = statement.returning(*DoctorAvailability.__table__.columns)
    return connection.execute(returned).mappings().all()


def replace_rule(connection: Connection, rule_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes new values into a rule; the caller holds the calendar."""
    statement = (
        update(DoctorAvailability)
        .where(DoctorAvailability.id == rule_id)
        .values(version=DoctorAvailability.version + 1, **values)
        .returning(*DoctorAvailability.__table__.columns)
    )
    return connection.execute(statement).mappings().one()


def delete_rule(connection: Connection, rule_id: UUID) -> None:
    """Deletes a rule; the caller holds the calendar."""
    connection.execute(delete(DoctorAvailability).where(DoctorAvailability.id == rule_id))


def delete_imported(connection: Connection, system: str, value: str) -> None:
    """Deletes the rules that were imported with the identifier."""
    connection.execute(
        delete(DoctorAvailability).where(
            DoctorAvailability.identifier_system == system,
            DoctorAvailability.identifier_value == value,
        )
    )


def add_leave(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Inserts a leave."""
    statement = insert(Leave).values(**values).returning(*Leave.__table__.columns)
    return connection.execute(statement).mappings().one()


def delete_leave(
    connection: Connection, leave_id: UUID, practitioner_id: UUID | None
) -> RowMapping | None:
    """Deletes a leave, of one doctor only unless None; returns it, or None when there is none."""
    statement = delete(Leave).where(Leave.id == leave_id)
    if practitioner_id is not None:
        statement = statement.where(Leave.practitioner_id == practitioner_id)
    returned = statement.returning(*Leave.__table__.columns)
    return connection.execute(returned).mappings().first()


def list_affected(
    connection: Connection, practitioner_id: UUID, start: datetime, end: datetime
) -> Sequence[RowMapping]:
    """Visits of a doctor that are to come and overlap the range, by start."""
    query = (
        select(*COLUMNS)
        .where(
            TAKING,
            Appointment.status.in_(("booked", "arrived", "checked-in")),
            Appointment.practitioner_id == practitioner_id,
            Appointment.occupied.op("&&", is_comparison=True)(func.tstzrange(start, end)),
            Appointment.start < end,
            Appointment.end > start,
        )
        .order_by(Appointment.start, Appointment.id)
    )
    return connection.execute(query).mappings().all()


def _valid(first: date, last: date) -> ColumnElement[bool]:
    return (DoctorAvailability.valid_from <= last) & or_(
        DoctorAvailability.valid_until.is_(None), DoctorAvailability.valid_until >= first
    )
