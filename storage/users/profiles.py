"""Profiles, by the role that they belong to."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, Table, insert, select, update

from storage.users.tables import Base, record_number_serial

ROLES: Final = ("patient", "doctor", "nurse", "pharmacist", "lab_technician")
"""Roles that have a profile."""


def next_record_serial(connection: Connection) -> int:
    """A number that no other patient has or will have."""
    return int(connection.execute(record_number_serial.next_value()).scalar_one())


def add(connection: Connection, role: str, user_id: UUID, values: dict[str, Any]) -> Row[Any]:
    """Inserts the profile of a role."""
    table = _table(role)
    return connection.execute(
        insert(table).values(values | {"user_id": user_id}).returning(*table.c)
    ).one()


def find(connection: Connection, role: str, user_id: UUID) -> Row[Any] | None:
    """The profile of a role."""
    table = _table(role)
    return connection.execute(select(table).where(table.c.user_id == user_id)).first()


def lock(connection: Connection, role: str, user_id: UUID) -> Row[Any] | None:
    """The profile of a role, held until the transaction ends."""
    table = _table(role)
    return connection.execute(
        select(table).where(table.c.user_id == user_id).with_for_update()
    ).first()


def change(connection: Connection, role: str, user_id: UUID, values: dict[str, Any]) -> Row[Any]:
    """Updates the profile of a role, counts its version up, and returns the new row."""
    table = _table(role)
    return connection.execute(
        update(table)
        .where(table.c.user_id == user_id)
        .values(values | {"version": table.c.version + 1})
        .returning(*table.c)
    ).one()


def roles_with_profile(connection: Connection, user_id: UUID) -> set[str]:
    """Roles that the person has a profile for."""
    return {role for role in ROLES if find(connection, role, user_id) is not None}


def _table(role: str) -> Table:
    return Base.metadata.tables[f"{role}_profiles"]
