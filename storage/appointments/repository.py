"""Reads of appointments. Every query that a person causes passes `visible_to`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, or_, select, true, tuple_
from sqlalchemy.sql.elements import ColumnElement

from storage.appointments.bookings import COLUMNS
from storage.appointments.tables import APPOINTMENTS, MOVES


@dataclass(frozen=True, slots=True)
class Filter:
    """Which appointments are listed; None filters nothing.

    Attributes:
        after: start and id of the last appointment on the page before.
    """

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    statuses: Sequence[str] = ()
    start_from: datetime | None = None
    start_before: datetime | None = None
    after: tuple[datetime, UUID] | None = None


def visible_to(viewer_id: UUID | None) -> ColumnElement[bool]:
    """The one access filter of this service: visits of the person, as patient or as doctor.

    Args:
        viewer_id: the person; None for callers who may read every appointment.
    """
    if viewer_id is None:
        return true()
    return or_(APPOINTMENTS.c.patient_id == viewer_id, APPOINTMENTS.c.practitioner_id == viewer_id)


def find(
    connection: Connection, appointment_id: UUID, viewer_id: UUID | None, *, lock: bool = False
) -> RowMapping | None:
    """The appointment, if the viewer may know of it; with `lock` until the transaction ends."""
    query = select(*COLUMNS).where(APPOINTMENTS.c.id == appointment_id, visible_to(viewer_id))
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def get_locked(connection: Connection, appointment_id: UUID) -> RowMapping:
    """An appointment that exists, locked until the transaction ends."""
    query = select(*COLUMNS).where(APPOINTMENTS.c.id == appointment_id).with_for_update()
    return connection.execute(query).mappings().one()


def find_by_identifier(connection: Connection, system: str, value: str) -> RowMapping | None:
    """The appointment that was imported with the identifier."""
    query = select(*COLUMNS).where(
        APPOINTMENTS.c.identifier_system == system, APPOINTMENTS.c.identifier_value == value
    )
    return connection.execute(query).mappings().first()


def list_page(
    connection: Connection, viewer_id: UUID | None, wanted: Filter, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` appointments by start and id."""
    query = (
        select(*COLUMNS)
        .where(_listed_for(viewer_id, wanted), *_conditions(wanted))
        .order_by(APPOINTMENTS.c.start, APPOINTMENTS.c.id)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def list_moves(connection: Connection, appointment_id: UUID) -> Sequence[RowMapping]:
    """The history of an appointment that the caller may know of, oldest first."""
    query = (
        select(*(c for c in MOVES.columns if c.name != "appointment_id"))
        .where(MOVES.c.appointment_id == appointment_id)
        .order_by(MOVES.c.version)
    )
    return connection.execute(query).mappings().all()


def _listed_for(viewer_id: UUID | None, wanted: Filter) -> ColumnElement[bool]:
    """`visible_to`, left out where the filter says it already.

    Said twice, the planner expects hardly any row, and reads and sorts all to give a page.
    """
    implied = viewer_id in {wanted.patient_id, wanted.practitioner_id} - {None}
    return true() if implied else visible_to(viewer_id)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.patient_id is not None:
        conditions.append(APPOINTMENTS.c.patient_id == wanted.patient_id)
    if wanted.practitioner_id is not None:
        conditions.append(APPOINTMENTS.c.practitioner_id == wanted.practitioner_id)
    if wanted.statuses:
        conditions.append(APPOINTMENTS.c.status.in_(wanted.statuses))
    if wanted.start_from is not None:
        conditions.append(APPOINTMENTS.c.start >= wanted.start_from)
    if wanted.start_before is not None:
        conditions.append(APPOINTMENTS.c.start < wanted.start_before)
    if wanted.after is not None:
        conditions.append(tuple_(APPOINTMENTS.c.start, APPOINTMENTS.c.id) > tuple_(*wanted.after))
    return conditions
