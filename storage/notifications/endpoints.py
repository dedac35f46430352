"""Endpoints of web hooks: who registered them, and how they behave."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, case, func, insert, literal, select, update

from storage.notifications.tables import Endpoint

MOST_FAILURES: Final = 5
"""Given up one after the other, before an endpoint is left alone; ours."""
GONE: Final = "http_410"
COLUMNS: Final = tuple(Endpoint.__table__.columns)
NEXT_SECRET: Final = Endpoint.secret_version + 1


def add(connection: Connection, values: Mapping[str, Any], most: int) -> Row[Any] | None:
    """Registers an endpoint; None when its owner has as many as there may be."""
    owner_id = values["owner_id"]
    connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"endpoints {owner_id}", 0)))
    )
    live = select(func.count()).where(Endpoint.owner_id == owner_id, Endpoint.disabled.is_(None))
    if connection.execute(live).scalar_one() >= most:
        return None
    return connection.execute(insert(Endpoint).values(values).returning(*COLUMNS)).one()


def list_all(connection: Connection, below: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Endpoints, the latest first."""
    query = select(*COLUMNS).order_by(Endpoint.id.desc()).limit(limit)
    if below is not None:
        query = query.where(Endpoint.id < below)
    return connection.execute(query).all()


def change(
    connection: Connection, endpoint_id: UUID, version: int | None, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Changes an endpoint; None when there is none, or none of that version."""
    statement = update(Endpoint).where(Endpoint.id == endpoint_id)
    if version is not None:
        statement = statement.where(Endpoint.version == version)
    changed = statement.values(**values, version=Endpoint.version + 1).returning(*COLUMNS)
    return connection.execute(changed).first()


def find(connection: Connection, endpoint_id: UUID) -> Row[Any] | None:
    """An endpoint."""
    return connection.execute(select(*COLUMNS).where(Endpoint.id == endpoint_id)).first()


def note(connection: Connection, endpoint_id: str, status: str, reason: str | None) -> None:
    """Counts how it goes: an endpoint that says it is gone, or keeps failing, is left alone."""
    if status == "sent":
        values: dict[str, Any] = {"failures": 0}
    elif status in {"failed", "dead"}:
        failures = Endpoint.failures + 1
        hopeless = (failures >= MOST_FAILURES) | (literal(reason) == GONE)
        values = {
            "failures": failures,
            "disabled": case((hopeless, literal(reason)), else_=Endpoint.disabled),
        }
    else:
        return
    connection.execute(update(Endpoint).where(Endpoint.id == UUID(endpoint_id)).values(**values))
