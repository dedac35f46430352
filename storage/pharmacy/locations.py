"""Places where stock lies."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select

from storage.pharmacy.stock_tables import LOCATIONS


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Inserts a place.

    Raises:
        sqlalchemy.exc.IntegrityError: another place has the code.
    """
    statement = insert(LOCATIONS).values(**values).returning(*LOCATIONS.columns)
    return connection.execute(statement).mappings().one()


def list_all(connection: Connection) -> Sequence[RowMapping]:
    """Every place by code; a hospital has dozens."""
    return connection.execute(select(LOCATIONS).order_by(LOCATIONS.c.code)).mappings().all()


def find(connection: Connection, location_id: UUID) -> RowMapping | None:
    """The place."""
    query = select(LOCATIONS).where(LOCATIONS.c.id == location_id)
    return connection.execute(query).mappings().first()


def find_by(connection: Connection, column: str, value: str) -> RowMapping | None:
    """The first place, by code, with the value in the column: `code` or `kind`."""
    query = select(LOCATIONS).where(LOCATIONS.c[column] == value, LOCATIONS.c.active)
    return connection.execute(query.order_by(LOCATIONS.c.code)).mappings().first()
