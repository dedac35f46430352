"""Reasons for visits."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update

from storage.appointments.tables import REASONS

SHOWN: Final = tuple(c for c in REASONS.columns if c.name != "updated_at")


def list_all(connection: Connection) -> Sequence[RowMapping]:
    """Every reason, by code; a hospital has dozens."""
    return connection.execute(select(*SHOWN).order_by(REASONS.c.code)).mappings().all()


def find(connection: Connection, reason_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The reason; with `lock` until the transaction ends."""
    query = select(*SHOWN).where(REASONS.c.id == reason_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def find_by_code(connection: Connection, code: str) -> RowMapping | None:
    """The reason with the code."""
    query = select(*SHOWN).where(REASONS.c.code == code)
    return connection.execute(query).mappings().first()


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Inserts a reason.

    Raises:
        sqlalchemy.exc.IntegrityError: another reason has the code.
    """
    statement = insert(REASONS).values(version=1, **values).returning(*SHOWN)
    return connection.execute(statement).mappings().one()


def replace(connection: Connection, reason_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes new values into a reason that the caller has locked.

    Raises:
        sqlalchemy.exc.IntegrityError: another reason has the code.
    """
    statement = (
        update(REASONS)
        .where(REASONS.c.id == reason_id)
        .values(version=REASONS.c.version + 1, **values)
        .returning(*SHOWN)
    )
    return connection.execute(statement).mappings().one()
