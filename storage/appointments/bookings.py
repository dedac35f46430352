"""Writes to appointments: each is one statement that changes the row and its history together.

Booking shares the doctor's calendar lock, taken in a statement of its own, then reads the facts,
then inserts with ON CONFLICT DO NOTHING, so that a race is lost without an error and without a
deadlock (rule R4). Whatever changes a calendar, and moving a visit, take the lock alone: a leave
then sees every visit that was booked before it, and later bookings see the leave. Locks are taken
in the order calendar, patient, row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    Connection,
    RowMapping,
    Select,
    Text,
    Uuid,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from storage.appointments.tables import (
    TAKING,
    Appointment,
    AppointmentMove,
    AppointmentReminder,
)
from storage.columns import new_id

TABLE: Final = Appointment.__table__
COLUMNS: Final = tuple(column for column in TABLE.columns if column.name != "occupied")
"""What is read of an appointment; `occupied` follows from the rest."""


class Lock(IntEnum):
    """What an advisory lock of this database is about; always taken in this order."""

    CALENDAR = 1
    PATIENT = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Time that a visit asks for: the doctor's with buffers, the patient's without."""

    practitioner_id: UUID
    patient_id: UUID
    start: datetime
    end: datetime
    occupied_from: datetime
    occupied_until: datetime

    @property
    def occupied(self) -> ColumnElement[Any]:
        """The doctor's time as a range."""
        return func.tstzrange(self.occupied_from, self.occupied_until)

    @property
    def visit(self) -> ColumnElement[Any]:
        """The patient's time as a range."""
        return func.tstzrange(self.start, self.end)

    def columns(self) -> dict[str, Any]:
        """The columns of the time."""
        return {"start": self.start, "end": self.end, "occupied": self.occupied}

    def conflicts(self) -> ColumnElement[bool]:
        """Rows that overlap it, for the doctor or for the patient."""
        return or_(self.takes_practitioner(), self.takes_patient())

    def takes_practitioner(self) -> ColumnElement[bool]:
        """Rows that have the doctor's time."""
        return (Appointment.practitioner_id == self.practitioner_id) & Appointment.occupied.op(
            "&&", is_comparison=True
        )(self.occupied)

    def takes_patient(self) -> ColumnElement[bool]:
        """Rows that have the patient's time."""
        theirs = func.tstzrange(Appointment.start, Appointment.end)
        return (Appointment.patient_id == self.patient_id) & theirs.op("&&", is_comparison=True)(
            self.visit
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One line of history: who did what, and when."""

    move: str
    actor_id: UUID
    actor_role: str
    at: datetime
    from_status: str | None = None
    previous_start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder to be written with the change."""

    kind: str
    due_at: datetime


def lock_calendar(connection: Connection, practitioner_id: UUID) -> None:
    """Holds the doctor's calendar alone until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(Lock.CALENDAR, _key(practitioner_id))))


def lock_patient(connection: Connection, patient_id: UUID) -> None:
    """Holds the patient alone until the transaction ends; after the calendar."""
    connection.execute(select(func.pg_advisory_xact_lock(Lock.PATIENT, _key(patient_id))))


def share_calendar(connection: Connection, practitioner_id: UUID) -> None:
    """Shares the doctor's calendar with other bookings until the transaction ends."""
    lock = func.pg_advisory_xact_lock_shared(Lock.CALENDAR, _key(practitioner_id))
    connection.execute(select(lock))


def free_expired(connection: Connection, wanted: Wanted, step: Step, code: str) -> int:
    """Frees expired holds that overlap what is wanted; returns how many."""
    expired = (
        select(Appointment.id)
        .where(*_expired(step.at), TAKING, wanted.conflicts())
        .order_by(Appointment.id)
        .with_for_update()
    )
    return _free(connection, expired, step, code)


def expire_holds(connection: Connection, step: Step, code: str, limit: int) -> int:
    """Frees up to `limit` expired holds that nobody else is working on; returns how many."""
    expired = (
        select(Appointment.id)
        .where(*_expired(step.at))
        .order_by(Appointment.hold_expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _free(connection, expired, step, code)


def count_holds(connection: Connection, patient_id: UUID, now: datetime) -> int:
    """How many times the patient holds now."""
    return connection.execute(
        select(func.count()).where(
            Appointment.patient_id == patient_id,
            Appointment.status == "pending",
            Appointment.hold_expires_at > now,
        )
    ).scalar_one()


def add(
    connection: Connection,
    wanted: Wanted,
    values: Mapping[str, Any],
    step: Step,
    reminders: Sequence[Planned] = (),
) -> RowMapping | None:
    """Inserts an appointment with its history and reminders; None when the time is taken."""
    added = (
        upsert(Appointment)
        .values(
            id=new_id(),
            practitioner_id=wanted.practitioner_id,
            patient_id=wanted.patient_id,
            created_by=step.actor_id,
            created_at=step.at,
            updated_by=step.actor_id,
            updated_at=step.at,
            version=1,
            **wanted.columns(),
            **values,
        )
        .on_conflict_do_nothing()
        .returning(*COLUMNS)
        .cte("changed")
    )
    return connection.execute(_recorded(added, step, reminders)).mappings().first()


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
    changed = _changed(values, step).where(Appointment.id == appointment_id)
    obsolete = (
        update(AppointmentReminder)
        .where(
            AppointmentReminder.appointment_id == appointment_id,
            AppointmentReminder.status == "scheduled",
        )
        .values(status="cancelled", settled_at=step.at)
        .cte("obsolete")
    )
    recorded = _recorded(changed.returning(*COLUMNS).cte("changed"), step, reminders)
    return connection.execute(recorded.add_cte(obsolete)).mappings().one()


def is_patient_busy(connection: Connection, wanted: Wanted) -> bool:
    """Whether it is (also) the patient's own visit that stands in the way."""
    return connection.execute(
        select(select(Appointment.id).where(TAKING, wanted.takes_patient()).exists())
    ).scalar_one()


def _recorded(changed: CTE, step: Step, reminders: Sequence[Planned]) -> Select[Any]:
    recorded = select(changed).add_cte(_history(changed, step))
    return recorded.add_cte(_reminders(changed, reminders)) if reminders else recorded


def _history(changed: CTE, step: Step) -> CTE:
    row = select(
        changed.c.id,
        changed.c.version,
        literal(step.move),
        literal(step.from_status, Text),
        changed.c.status,
        changed.c.start,
        literal(step.previous_start, TIMESTAMP(timezone=True)),
        literal(step.actor_id),
        literal(step.actor_role),
        literal(step.at),
    )
    names = ["appointment_id", "version", "move", "from_status", "to_status", "start"]
    names += ["previous_start", "actor_id", "actor_role", "at"]
    return insert(AppointmentMove).from_select(names, row).cte("history")


def _reminders(changed: CTE, reminders: Sequence[Planned]) -> CTE:
    ids = cast([new_id() for _ in reminders], ARRAY(Uuid))
    kinds = cast([reminder.kind for reminder in reminders], ARRAY(Text))
    due = cast([reminder.due_at for reminder in reminders], ARRAY(TIMESTAMP(timezone=True)))
    planned = (
        func.unnest(ids, kinds, due)
        .table_valued("id", "kind", "due_at", name="planned")
        .render_derived()
    )
    row = select(
        planned.c.id, changed.c.id, planned.c.kind, planned.c.due_at, literal("scheduled")
    ).select_from(changed.join(planned, literal(True)))
    names = ["id", "appointment_id", "kind", "due_at", "status"]
    return insert(AppointmentReminder).from_select(names, row).cte("reminders")


def _changed(values: Mapping[str, Any], step: Step) -> Any:
    return update(Appointment).values(
        updated_by=step.actor_id,
        updated_at=step.at,
        version=Appointment.version + 1,
        **values,
    )


def _expired(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Appointment.status == "pending", Appointment.hold_expires_at <= now)


def _free(connection: Connection, expired: Select[Any], step: Step, code: str) -> int:
    values = {"status": "cancelled", "cancellation_code": code, "cancelled_at": step.at}
    freed = (
        _changed(values, step)
        .where(Appointment.id.in_(expired))
        .returning(Appointment.id, Appointment.version, Appointment.status, Appointment.start)
        .cte("freed")
    )
    counted = select(func.count()).select_from(freed).add_cte(_history(freed, step))
    return connection.execute(counted).scalar_one()


def _key(subject_id: UUID) -> ColumnElement[int]:
    """32 bits of an id; two that share them only wait for each other."""
    return func.hashtext(str(subject_id))
