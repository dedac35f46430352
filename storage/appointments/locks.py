"""Advisory locks of this database, held until the transaction ends; 32 bits of an id each.

Two ids that share those bits only wait for each other. The locks are taken in the order in which
they stand here, and before rows.
"""

from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, Text, bindparam, func, select


class Lock(IntEnum):
    """What a lock is about."""

    CALENDAR = 1
    PATIENT = 2


def _statement(lock: Any, about: Lock) -> Select[Any]:
    return select(lock(about.value, func.hashtext(bindparam("subject", type_=Text))))


CALENDAR: Final = _statement(func.pg_advisory_xact_lock, Lock.CALENDAR)
SHARED_CALENDAR: Final = _statement(func.pg_advisory_xact_lock_shared, Lock.CALENDAR)
PATIENT: Final = _statement(func.pg_advisory_xact_lock, Lock.PATIENT)


def lock_calendar(connection: Connection, practitioner_id: UUID) -> None:
    """Holds the doctor's calendar alone."""
    connection.execute(CALENDAR, {"subject": str(practitioner_id)})


def share_calendar(connection: Connection, practitioner_id: UUID) -> None:
    """Shares the doctor's calendar with other bookings."""
    connection.execute(SHARED_CALENDAR, {"subject": str(practitioner_id)})


def lock_patient(connection: Connection, patient_id: UUID) -> None:
    """Holds the patient alone."""
    connection.execute(PATIENT, {"subject": str(patient_id)})
