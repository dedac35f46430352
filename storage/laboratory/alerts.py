"""Alerts of critical values and everything that happened to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from storage.columns import new_id
from storage.laboratory.tables import ALERTS, HOPS


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
    """Opens alerts."""
    if not rows:
        return []
    adding = insert(ALERTS).returning(ALERTS, sort_by_parameter_order=True)
    return connection.execute(adding, list(rows)).all()


def add_hops(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes down what happened."""
    if rows:
        connection.execute(insert(HOPS), [{"id": new_id(), **row} for row in rows])


def of_tests(connection: Connection, test_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Alerts of tests that were not withdrawn."""
    query = select(ALERTS).where(ALERTS.c.test_id.in_(test_ids), ALERTS.c.status != "withdrawn")
    return connection.execute(query).all()


def find(connection: Connection, alert_id: UUID) -> Row[Any] | None:
    """One alert."""
    return connection.execute(select(ALERTS).where(ALERTS.c.id == alert_id)).one_or_none()


def lock(connection: Connection, alert_id: UUID) -> Row[Any] | None:
    """One alert, locked."""
    query = select(ALERTS).where(ALERTS.c.id == alert_id).with_for_update()
    return connection.execute(query).one_or_none()


def change(connection: Connection, alert_ids: Collection[UUID], **columns: Any) -> None:
    """Moves alerts on."""
    connection.execute(update(ALERTS).where(ALERTS.c.id.in_(alert_ids)).values(**columns))


def lock_due(connection: Connection, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Open alerts whose next step is due, locked; those that another replica has are left out."""
    query = (
        select(ALERTS)
        .where(ALERTS.c.status == "open", ALERTS.c.next_step_at <= now)
        .order_by(ALERTS.c.next_step_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).all()


def hops_of(connection: Connection, alert_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """What happened, oldest first, by alert."""
    query = select(HOPS).where(HOPS.c.alert_id.in_(alert_ids)).order_by(HOPS.c.at, HOPS.c.id)
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in alert_ids}
    for row in connection.execute(query):
        found[row.alert_id].append(row)
    return found


def list_page(
    connection: Connection,
    *,
    status: str | None,
    practitioner_id: UUID | None,
    patient_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Alerts, newest first."""
    query = select(ALERTS).order_by(ALERTS.c.id.desc()).limit(limit)
    for column, value in (
        ("status", status),
        ("practitioner_id", practitioner_id),
        ("patient_id", patient_id),
    ):
        if value is not None:
            query = query.where(ALERTS.c[column] == value)
    if before is not None:
        query = query.where(ALERTS.c.id < before)
    return connection.execute(query).all()
