"""Control lots, runs and broken rules."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, func, insert, or_, select, tuple_, update

from storage.laboratory.tables import CONTROL_LOTS, CONTROL_RUNS, VIOLATIONS


def add_lot(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Adds a lot."""
    return connection.execute(insert(CONTROL_LOTS).values(**values).returning(CONTROL_LOTS)).one()


def change_lot(connection: Connection, lot_id: UUID, **columns: Any) -> Row[Any] | None:
    """Changes a lot."""
    change = update(CONTROL_LOTS).where(CONTROL_LOTS.c.id == lot_id).values(**columns)
    return connection.execute(change.returning(CONTROL_LOTS)).one_or_none()


def find_lot(connection: Connection, lot_id: UUID) -> Row[Any] | None:
    """One lot."""
    return connection.execute(select(CONTROL_LOTS).where(CONTROL_LOTS.c.id == lot_id)).one_or_none()


def list_lots(connection: Connection, *, active: bool) -> Sequence[Row[Any]]:
    """Lots in use, or those that were."""
    query = select(CONTROL_LOTS).where(CONTROL_LOTS.c.active == active)
    return connection.execute(query.order_by(CONTROL_LOTS.c.name, CONTROL_LOTS.c.id)).all()


def lock_pair(connection: Connection, parameter_id: UUID, instrument: str) -> None:
    """Until the end of the transaction nobody else judges this parameter on this analyzer."""
    key = func.hashtextextended(f"control {parameter_id} {instrument}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def add_run(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """Adds a run."""
    return connection.execute(insert(CONTROL_RUNS).values(**values).returning(CONTROL_RUNS)).one()


def lots_of(connection: Connection, parameter_id: UUID, instrument: str) -> Sequence[Row[Any]]:
    """Every lot of a parameter on an analyzer, in use or not."""
    query = select(CONTROL_LOTS).where(
        CONTROL_LOTS.c.parameter_id == parameter_id, CONTROL_LOTS.c.instrument == instrument
    )
    return connection.execute(query).all()


def add_runs(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds many runs."""
    if rows:
        connection.execute(insert(CONTROL_RUNS), list(rows))


def last_runs(
    connection: Connection, parameter_id: UUID, instrument: str, limit: int
) -> Sequence[Row[Any]]:
    """Runs of all lots in use of a parameter on an analyzer, with their level, oldest first."""
    query = (
        select(CONTROL_RUNS, CONTROL_LOTS.c.level)
        .join(CONTROL_LOTS, CONTROL_LOTS.c.id == CONTROL_RUNS.c.control_lot_id)
        .where(
            CONTROL_LOTS.c.parameter_id == parameter_id,
            CONTROL_LOTS.c.instrument == instrument,
            CONTROL_LOTS.c.active,
        )
        .order_by(CONTROL_RUNS.c.measured_at.desc(), CONTROL_RUNS.c.id.desc())
        .limit(limit)
    )
    return connection.execute(query).all()[::-1]


def runs_of(connection: Connection, lot_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """The newest runs of a lot, oldest first."""
    query = (
        select(CONTROL_RUNS)
        .where(CONTROL_RUNS.c.control_lot_id == lot_id)
        .order_by(CONTROL_RUNS.c.measured_at.desc(), CONTROL_RUNS.c.id.desc())
        .limit(limit)
    )
    return connection.execute(query).all()[::-1]


def list_runs(
    connection: Connection, lot_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Runs of a lot, newest first."""
    place = CONTROL_RUNS.c.measured_at, CONTROL_RUNS.c.id
    query = select(CONTROL_RUNS).where(CONTROL_RUNS.c.control_lot_id == lot_id)
    if before is not None:
        query = query.where(tuple_(*place) < tuple_(*before))
    newest_first = query.order_by(*(column.desc() for column in place))
    return connection.execute(newest_first.limit(limit)).all()


def add_violations(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds broken rules."""
    if rows:
        connection.execute(insert(VIOLATIONS), list(rows))


def violations_of(connection: Connection, run_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Broken rules, by run."""
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in run_ids}
    for row in connection.execute(select(VIOLATIONS).where(VIOLATIONS.c.run_id.in_(run_ids))):
        found[row.run_id].append(row)
    return found


def list_violations(
    connection: Connection, *, open_: bool, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Broken rules, newest first."""
    closed = VIOLATIONS.c.closed_at
    query = select(VIOLATIONS).where(closed.is_(None) if open_ else closed.is_not(None))
    if before is not None:
        query = query.where(VIOLATIONS.c.id < before)
    return connection.execute(query.order_by(VIOLATIONS.c.id.desc()).limit(limit)).all()


def close(connection: Connection, violation_id: UUID, **columns: Any) -> Row[Any] | None:
    """Closes an open one; None when it is closed already, or was never there."""
    change = (
        update(VIOLATIONS)
        .where(VIOLATIONS.c.id == violation_id, VIOLATIONS.c.closed_at.is_(None))
        .values(**columns)
        .returning(VIOLATIONS)
    )
    return connection.execute(change).one_or_none()


def find_violation(connection: Connection, violation_id: UUID) -> Row[Any] | None:
    """One broken rule."""
    query = select(VIOLATIONS).where(VIOLATIONS.c.id == violation_id)
    return connection.execute(query).one_or_none()


def holds(
    connection: Connection,
    parameter_ids: Collection[UUID],
    instrument: str | None,
    at: datetime,
) -> set[UUID]:
    """Parameters whose results an open rejection held at a moment.

    Where nobody says which analyzer it was, or it has no control of the parameter, any analyzer's
    rejection holds: it may have been that one.
    """
    controlled = exists().where(
        CONTROL_LOTS.c.parameter_id == VIOLATIONS.c.parameter_id,
        CONTROL_LOTS.c.instrument == instrument,
    )
    query = select(VIOLATIONS.c.parameter_id).where(
        VIOLATIONS.c.parameter_id.in_(parameter_ids),
        or_(VIOLATIONS.c.instrument == instrument, ~controlled),
        VIOLATIONS.c.severity == "rejection",
        VIOLATIONS.c.found_at <= at,
        or_(VIOLATIONS.c.closed_at.is_(None), VIOLATIONS.c.closed_at > at),
    )
    return set(connection.execute(query).scalars())
