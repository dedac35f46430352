"""Writes to appointments: each is one statement that changes the row and its history together.

Booking shares the doctor's calendar lock, taken in a statement of its own, then reads the facts,
then inserts with ON CONFLICT DO NOTHING, so that a race is lost without an error and without a
deadlock (rule R4). Whatever changes a calendar, and moving a visit, take the lock alone: a leave
then sees every visit that was booked before it, and later bookings see the leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import ColumnElement

from storage.appointments.steps import (
    INSTANT,
    Planned,
    Step,
    history,
    planned,
    planned_parameters,
)
from storage.appointments.tables import APPOINTMENTS, REMINDERS, TAKING
from storage.columns import new_id

COLUMNS: Final = tuple(column for column in APPOINTMENTS.columns if column.name != "occupied")
"""What is read of an appointment; `occupied` follows from the rest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Time that a visit asks for: the doctor's with buffers, the patient's without."""

    practitioner_id: UUID
    patient_id: UUID
    start: datetime
    end: datetime
    occupied_from: datetime
    occupied_until: datetime

    def columns(self) -> dict[str, Any]:
        """The columns of the time."""
        return {"start": self.start, "end": self.end, "occupied": self._occupied()}

    def conflicts(self) -> ColumnElement[bool]:
        """Rows that overlap it, for the doctor or for the patient."""
        theirs = (APPOINTMENTS.c.practitioner_id == self.practitioner_id) & overlaps(
            APPOINTMENTS.c.occupied, self._occupied()
        )
        return or_(theirs, self.takes_patient())

    def takes_patient(self) -> ColumnElement[bool]:
        """Rows that have the patient's time."""
        return (APPOINTMENTS.c.patient_id == self.patient_id) & overlaps(
            func.tstzrange(APPOINTMENTS.c.start, APPOINTMENTS.c.end),
            func.tstzrange(self.start, self.end),
        )

    def _occupied(self) -> ColumnElement[Any]:
        return func.tstzrange(self.occupied_from, self.occupied_until)


def overlaps(left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether two ranges share a moment."""
    return left.bool_op("&&")(right)


def add(
    connection: Connection,
    wanted: Wanted,
    values: Mapping[str, Any],
    step: Step,
    reminders: Sequence[Planned] = (),
) -> RowMapping | None:
    """Inserts an appointment with its history and reminders; None when the time is taken."""
    columns = {
        "id": new_id(),
        "practitioner_id": wanted.practitioner_id,
        "patient_id": wanted.patient_id,
        "start": wanted.start,
        "end": wanted.end,
        "occupied_from": wanted.occupied_from,
        "occupied_until": wanted.occupied_until,
        "created_by": step.actor_id,
        "created_at": step.at,
        "updated_by": step.actor_id,
        "updated_at": step.at,
        "version": 1,
        **values,
    }
    parameters = dict.fromkeys(NEW) | {f"new_{name}": value for name, value in columns.items()}
    parameters |= step.parameters() | planned_parameters(reminders)
    return connection.execute(ADD, parameters).mappings().first()


def change(
    connection: Connection,
    appointment_id: UUID,
    values: Mapping[str, Any],
    step: Step,
    reminders: Sequence[Planned] = (),
) -> RowMapping:
    """Moves an appointment that the caller has locked; its reminders are replaced.

    Raises:
        sqlalchemy.exc.IntegrityError: the time that it is moved to is taken.
    """
    changed = (
        _update(values, step)
        .where(APPOINTMENTS.c.id == appointment_id)
        .returning(*COLUMNS)
        .cte("changed")
    )
    obsolete = (
        update(REMINDERS)
        .where(REMINDERS.c.appointment_id == appointment_id, REMINDERS.c.status == "scheduled")
        .values(status="cancelled", settled_at=step.at)
        .cte("obsolete")
    )
    statement = select(changed).add_cte(history(changed), planned(changed), obsolete)
    parameters = step.parameters() | planned_parameters(reminders)
    return connection.execute(statement, parameters).mappings().one()


def free_expired(connection: Connection, wanted: Wanted, step: Step, code: str) -> int:
    """Frees expired holds that overlap what is wanted; returns how many."""
    expired = (
        select(APPOINTMENTS.c.id)
        .where(*_expired(step.at), TAKING, wanted.conflicts())
        .order_by(APPOINTMENTS.c.id)
        .with_for_update()
    )
    return _free(connection, expired, step, code)


def expire_holds(connection: Connection, step: Step, code: str, limit: int) -> int:
    """Frees up to `limit` expired holds that nobody else is working on; returns how many."""
    expired = (
        select(APPOINTMENTS.c.id)
        .where(*_expired(step.at))
        .order_by(APPOINTMENTS.c.hold_expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _free(connection, expired, step, code)


def count_holds(connection: Connection, patient_id: UUID, now: datetime) -> int:
    """How many times the patient holds now."""
    return connection.execute(
        select(func.count()).where(
            APPOINTMENTS.c.patient_id == patient_id,
            APPOINTMENTS.c.status == "pending",
            APPOINTMENTS.c.hold_expires_at > now,
        )
    ).scalar_one()


def is_patient_busy(connection: Connection, wanted: Wanted) -> bool:
    """Whether it is (also) the patient's own visit that stands in the way."""
    return connection.execute(
        select(select(APPOINTMENTS.c.id).where(TAKING, wanted.takes_patient()).exists())
    ).scalar_one()


def _adding() -> Select[Any]:
    """The statement of `add`; made once, because building it costs as much as running it."""
    values: dict[str, Any] = {
        column.name: bindparam(f"new_{column.name}", type_=column.type) for column in COLUMNS
    }
    values["occupied"] = func.tstzrange(
        bindparam("new_occupied_from", type_=INSTANT),
        bindparam("new_occupied_until", type_=INSTANT),
    )
    added = (
        insert(APPOINTMENTS)
        .values(values)
        .on_conflict_do_nothing()
        .returning(*COLUMNS)
        .cte("changed")
    )
    return select(added).add_cte(history(added), planned(added))


ADD: Final = _adding()
NEW: Final = tuple(f"new_{column.name}" for column in COLUMNS)


def _update(values: Mapping[str, Any], step: Step) -> Any:
    return update(APPOINTMENTS).values(
        updated_by=step.actor_id,
        updated_at=step.at,
        version=APPOINTMENTS.c.version + 1,
        **values,
    )


def _expired(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (APPOINTMENTS.c.status == "pending", APPOINTMENTS.c.hold_expires_at <= now)


def _free(connection: Connection, expired: Select[Any], step: Step, code: str) -> int:
    values = {"status": "cancelled", "cancellation_code": code, "cancelled_at": step.at}
    freed = (
        _update(values, step)
        .where(APPOINTMENTS.c.id.in_(expired))
        .returning(
            APPOINTMENTS.c.id, APPOINTMENTS.c.version, APPOINTMENTS.c.status, APPOINTMENTS.c.start
        )
        .cte("freed")
    )
    counted = select(func.count()).select_from(freed).add_cte(history(freed))
    return connection.execute(counted, step.parameters()).scalar_one()
