"""Doctors' time: rules, leave, and what is taken of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    Date,
    Interval,
    RowMapping,
    Select,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.sql.elements import ColumnElement

from storage.appointments.bookings import COLUMNS, overlaps
from storage.appointments.tables import APPOINTMENTS, LEAVES, REASONS, RULES, TAKING

RULE: Final = (
    RULES.c.practitioner_id,
    RULES.c.effect,
    RULES.c.weekday,
    RULES.c.valid_from,
    RULES.c.valid_until,
    RULES.c.start,
    RULES.c.end,
    RULES.c.time_zone,
    RULES.c.slot_minutes,
    RULES.c.location_id,
    RULES.c.location_name,
)
REASON: Final = (
    REASONS.c.duration_minutes,
    REASONS.c.buffer_before_minutes,
    REASONS.c.buffer_after_minutes,
    REASONS.c.minimum_notice_minutes,
    REASONS.c.self_bookable,
    REASONS.c.active,
    REASONS.c.specialty,
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
    parameters = {
        "practitioner_id": practitioner_id,
        "reason_id": reason_id,
        "start": start,
        "first": start.date() - A_DAY,
        "last": start.date() + A_DAY,
    }
    return connection.execute(FACTS, parameters).mappings().all()


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
        query = query.where(RULES.c.practitioner_id.in_(practitioner_ids))
    if location_id is not None:
        there = select(RULES.c.practitioner_id).where(RULES.c.location_id == location_id)
        query = query.where(RULES.c.practitioner_id.in_(there))
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
        APPOINTMENTS.c.practitioner_id,
        literal(False).label("leave"),
        func.lower(APPOINTMENTS.c.occupied).label("start"),
        func.upper(APPOINTMENTS.c.occupied).label("end"),
    ).where(
        TAKING,
        APPOINTMENTS.c.practitioner_id.in_(practitioner_ids),
        overlaps(APPOINTMENTS.c.occupied, func.tstzrange(start, end)),
        or_(APPOINTMENTS.c.status != "pending", APPOINTMENTS.c.hold_expires_at > now),
    )
    leave = select(LEAVES.c.practitioner_id, literal(True), LEAVES.c.start, LEAVES.c.end).where(
        LEAVES.c.practitioner_id.in_(practitioner_ids), LEAVES.c.end > start, LEAVES.c.start < end
    )
    return connection.execute(union_all(taken, leave)).mappings().all()


def list_rules(connection: Connection, practitioner_id: UUID) -> Sequence[RowMapping]:
    """Every rule of a doctor: weekly hours first, then exceptions, by date."""
    query = (
        select(RULES)
        .where(RULES.c.practitioner_id == practitioner_id)
        .order_by(
            RULES.c.weekday.nulls_last(),
            RULES.c.valid_from,
            RULES.c.start,
            RULES.c.id,
        )
        .limit(MANY_RULES)
    )
    return connection.execute(query).mappings().all()


def list_leave(
    connection: Connection, practitioner_id: UUID, since: datetime
) -> Sequence[RowMapping]:
    """A doctor's leave that ends after `since`, by start."""
    query = (
        select(LEAVES)
        .where(LEAVES.c.practitioner_id == practitioner_id, LEAVES.c.end > since)
        .order_by(LEAVES.c.start, LEAVES.c.id)
        .limit(MANY_RULES)
    )
    return connection.execute(query).mappings().all()


def find_rule(
    connection: Connection, rule_id: UUID, practitioner_id: UUID | None, *, weekly: bool
) -> RowMapping | None:
    """A weekly rule or an exception; of one doctor only, unless None."""
    query = select(RULES).where(
        RULES.c.id == rule_id,
        RULES.c.weekday.is_not(None) if weekly else RULES.c.weekday.is_(None),
    )
    if practitioner_id is not None:
        query = query.where(RULES.c.practitioner_id == practitioner_id)
    return connection.execute(query).mappings().first()


def list_imported(connection: Connection, system: str, value: str) -> Sequence[RowMapping]:
    """The rules that were imported with the identifier."""
    query = select(*RULE).where(
        RULES.c.identifier_system == system,
        RULES.c.identifier_value == value,
    )
    return connection.execute(query).mappings().all()


def add_rules(connection: Connection, rules: Sequence[Mapping[str, Any]]) -> Sequence[RowMapping]:
    """Inserts rules, in one statement."""
    statement = insert(RULES).values(list(rules))
    returned = statement.returning(*RULES.columns)
    return connection.execute(returned).mappings().all()


def replace_rule(connection: Connection, rule_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes new values into a rule; the caller holds the calendar."""
    statement = (
        update(RULES)
        .where(RULES.c.id == rule_id)
        .values(version=RULES.c.version + 1, **values)
        .returning(*RULES.columns)
    )
    return connection.execute(statement).mappings().one()


def delete_rule(connection: Connection, rule_id: UUID) -> None:
    """Deletes a rule; the caller holds the calendar."""
    connection.execute(delete(RULES).where(RULES.c.id == rule_id))


def delete_imported(connection: Connection, system: str, value: str) -> None:
    """Deletes the rules that were imported with the identifier."""
    connection.execute(
        delete(RULES).where(
            RULES.c.identifier_system == system,
            RULES.c.identifier_value == value,
        )
    )


def add_leave(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Inserts a leave."""
    statement = insert(LEAVES).values(**values).returning(*LEAVES.columns)
    return connection.execute(statement).mappings().one()


def delete_leave(
    connection: Connection, leave_id: UUID, practitioner_id: UUID | None
) -> RowMapping | None:
    """Deletes a leave, of one doctor only unless None; returns it, or None when there is none."""
    statement = delete(LEAVES).where(LEAVES.c.id == leave_id)
    if practitioner_id is not None:
        statement = statement.where(LEAVES.c.practitioner_id == practitioner_id)
    returned = statement.returning(*LEAVES.columns)
    return connection.execute(returned).mappings().first()


def list_affected(
    connection: Connection, practitioner_id: UUID, start: datetime, end: datetime
) -> Sequence[RowMapping]:
    """Visits of a doctor that are to come and overlap the range, by start."""
    query = (
        select(*COLUMNS)
        .where(
            TAKING,
            APPOINTMENTS.c.status.in_(("booked", "arrived", "checked-in")),
            APPOINTMENTS.c.practitioner_id == practitioner_id,
            overlaps(APPOINTMENTS.c.occupied, func.tstzrange(start, end)),
            APPOINTMENTS.c.start < end,
            APPOINTMENTS.c.end > start,
        )
        .order_by(APPOINTMENTS.c.start, APPOINTMENTS.c.id)
    )
    return connection.execute(query).mappings().all()


def _facts() -> Select[Any]:
    """The statement of `read_facts`, made once."""
    doctor = bindparam("practitioner_id", type_=Uuid)
    start = bindparam("start", type_=TIMESTAMP(timezone=True))
    minutes = func.make_interval(0, 0, 0, 0, 0, REASONS.c.duration_minutes, type_=Interval)
    on_leave = select(LEAVES.c.id).where(
        LEAVES.c.practitioner_id == doctor, LEAVES.c.end > start, LEAVES.c.start < start + minutes
    )
    near = (RULES.c.practitioner_id == doctor) & _valid(
        bindparam("first", type_=Date), bindparam("last", type_=Date)
    )
    return (
        select(*REASON, on_leave.exists().label("on_leave"), *RULE)
        .select_from(REASONS.outerjoin(RULES, near))
        .where(REASONS.c.id == bindparam("reason_id", type_=Uuid))
    )


def _valid(first: Any, last: Any) -> ColumnElement[bool]:
    """Rules that speak about a date between the two, dates or parameters."""
    until = RULES.c.valid_until
    return and_(RULES.c.valid_from <= last, or_(until.is_(None), until >= first))


FACTS: Final = _facts()


def reason_code(connection: Connection, reason_id: UUID) -> str | None:
    """The code of a reason, as other services know it."""
    query = select(REASONS.c.code).where(REASONS.c.id == reason_id)
    return connection.execute(query).scalar()
