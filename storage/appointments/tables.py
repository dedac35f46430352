"""Tables of the appointments service.

What is stored is what is taken; free slots are computed from `doctor_availability`. Time that
counts as taken (statuses in `TAKING`) is guarded by two exclusion constraints: one doctor is
never with two patients, buffers included, and one patient never with two doctors. Half-open
ranges in UTC (rule R4).
"""

from datetime import date, datetime, time
from typing import Final, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, literal_column, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import Instant, UuidKey, service_metadata

TAKING: Final = text("status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')")
STATUSES: Final = (
    "'proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled', 'cancelled', "
    "'noshow', 'entered-in-error', 'waitlist'"
)
PRACTITIONER_OVERLAP: Final = "ex_appointments_practitioner"
PATIENT_OVERLAP: Final = "ex_appointments_patient"


class Base(DeclarativeBase):
    """The tables of this database."""

    metadata = service_metadata()


class AppointmentReason(Base):
    """Why patients come, and what such a visit takes."""

    __tablename__ = "appointment_reasons"

    id: Mapped[UuidKey]
    code: Mapped[str] = mapped_column(unique=True)
    display_en: Mapped[str]
    display_vi: Mapped[str]
    duration_minutes: Mapped[int]
    buffer_before_minutes: Mapped[int]
    buffer_after_minutes: Mapped[int]
    minimum_notice_minutes: Mapped[int]
    self_bookable: Mapped[bool]
    specialty: Mapped[str | None]
    active: Mapped[bool]
    version: Mapped[int]
    updated_at: Mapped[Instant]


class DoctorAvailability(Base):
    """One rule about a doctor's time.

    Weekly hours have a weekday; an exception has none and is valid on one date only. `closed`
    rules take away what `open` ones give.
    """

    __tablename__ = "doctor_availability"
    __table_args__ = (
        CheckConstraint("effect IN ('open', 'closed')", name="effect"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("weekday IS NOT NULL OR valid_until = valid_from", name="one_date"),
        CheckConstraint("slot_minutes > 0", name="slot_minutes"),
        Index(None, "practitioner_id", "valid_from"),
        Index(None, "location_id", postgresql_where=text("location_id IS NOT NULL")),
        Index(
            "ix_doctor_availability_identifier",
            "identifier_system",
            "identifier_value",
            postgresql_where=text("identifier_value IS NOT NULL"),
        ),
    )

    id: Mapped[UuidKey]
    practitioner_id: Mapped[UUID]
    effect: Mapped[str]
    weekday: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    start: Mapped[time]
    end: Mapped[time]
    time_zone: Mapped[str]
    slot_minutes: Mapped[int]
    location_id: Mapped[UUID | None]
    location_name: Mapped[str | None]
    identifier_system: Mapped[str | None]
    identifier_value: Mapped[str | None]
    version: Mapped[int]
    updated_at: Mapped[Instant]


class Leave(Base):
    """Time in which a doctor sees nobody."""

    __tablename__ = "leaves"
    __table_args__ = (
        CheckConstraint('start < "end"', name="ordered"),
        Index(None, "practitioner_id", "end"),
    )

    id: Mapped[UuidKey]
    practitioner_id: Mapped[UUID]
    start: Mapped[Instant]
    end: Mapped[Instant]
    reason: Mapped[str]
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]


class Appointment(Base):
    """A visit of one patient to one doctor; `occupied` is the doctor's time, buffers included."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint('start < "end"', name="ordered"),
        CheckConstraint('occupied @> tstzrange(start, "end")', name="occupied"),
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint("(status = 'pending') <= (hold_expires_at IS NOT NULL)", name="lease"),
        ExcludeConstraint(
            ("practitioner_id", "="),
            ("occupied", "&&"),
            where=TAKING,
            using="gist",
            name=PRACTITIONER_OVERLAP,
        ),
        ExcludeConstraint(
            ("patient_id", "="),
            (literal_column('tstzrange(start, "end")'), "&&"),
            where=TAKING,
            using="gist",
            name=PATIENT_OVERLAP,
        ),
        Index(
            "uq_appointments_identifier",
            "identifier_system",
            "identifier_value",
            unique=True,
            postgresql_where=text("identifier_value IS NOT NULL"),
        ),
        Index(None, "practitioner_id", "start", "id"),
        Index(None, "patient_id", "start", "id"),
        Index(None, "status", "start", "id"),
        Index(None, "start", "id"),
        Index(
            "ix_appointments_held",
            "hold_expires_at",
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[UuidKey]
    status: Mapped[str]
    patient_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    reason_id: Mapped[UUID]  # no foreign key: each booking would lock the one row of its reason
    start: Mapped[Instant]
    end: Mapped[Instant]
    occupied: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    location_id: Mapped[UUID | None]
    location_name: Mapped[str | None]
    comment: Mapped[str | None]
    hold_expires_at: Mapped[Instant | None]
    cancellation_code: Mapped[str | None]
    cancellation_text: Mapped[str | None]
    identifier_system: Mapped[str | None]
    identifier_value: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[Instant]
    updated_by: Mapped[UUID]
    updated_at: Mapped[Instant]
    booked_at: Mapped[Instant | None]
    arrived_at: Mapped[Instant | None]
    checked_in_at: Mapped[Instant | None]
    fulfilled_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    noshow_at: Mapped[Instant | None]
    version: Mapped[int]


class AppointmentMove(Base):
    """One step of an appointment's history; never changed, never deleted."""

    __tablename__ = "appointment_moves"

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    move: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    start: Mapped[Instant]
    previous_start: Mapped[Instant | None]
    actor_id: Mapped[UUID]
    actor_role: Mapped[str]
    at: Mapped[Instant]


class AppointmentReminder(Base):
    """A reminder of a visit: when it is due and what became of it."""

    __tablename__ = "appointment_reminders"
    __table_args__ = (
        CheckConstraint("status IN ('scheduled', 'sent', 'skipped', 'cancelled')", name="status"),
        Index(None, "appointment_id"),
        Index(
            "ix_appointment_reminders_scheduled",
            "due_at",
            postgresql_where=text("status = 'scheduled'"),
        ),
    )

    id: Mapped[UuidKey]
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"))
    kind: Mapped[str]
    due_at: Mapped[Instant]
    status: Mapped[str]
    settled_at: Mapped[Instant | None]


def _table(kind: type[Base]) -> Table:
    return cast("Table", kind.__table__)


REASONS: Final = _table(AppointmentReason)
RULES: Final = _table(DoctorAvailability)
LEAVES: Final = _table(Leave)
APPOINTMENTS: Final = _table(Appointment)
MOVES: Final = _table(AppointmentMove)
REMINDERS: Final = _table(AppointmentReminder)
"""The tables as Core statements use them: a class in a statement costs far more to compile."""
