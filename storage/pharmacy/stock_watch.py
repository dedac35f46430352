"""Reorder points and expiry alerts: what is told once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from storage.pharmacy.stock_tables import BALANCES, BATCHES, EXPIRY_ALERTS, REORDER_POINTS


def set_reorder_point(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Sets the point of a medication at a place."""
    statement = (
        insert(REORDER_POINTS)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["location_id", "medication_id"],
            set_={"minimum": values["minimum"], "updated_at": values["updated_at"]},
        )
        .returning(*REORDER_POINTS.columns)
    )
    return connection.execute(statement).mappings().one()


def lock_reorder_points(
    connection: Connection, pairs: Sequence[tuple[UUID, UUID]]
) -> Sequence[RowMapping]:
    """The points of these places and medications, locked in one order."""
    order = (REORDER_POINTS.c.location_id, REORDER_POINTS.c.medication_id)
    query = select(REORDER_POINTS).where(tuple_(*order).in_(pairs))
    return connection.execute(query.order_by(*order).with_for_update()).mappings().all()


def mark_low(
    connection: Connection, location_id: UUID, medication_id: UUID, since: datetime | None
) -> None:
    """Notes since when a place is low; None when it is not."""
    connection.execute(
        update(REORDER_POINTS)
        .where(
            REORDER_POINTS.c.location_id == location_id,
            REORDER_POINTS.c.medication_id == medication_id,
        )
        .values(low_since=since)
    )


def list_reorder_points(
    connection: Connection,
    *,
    location_id: UUID | None,
    after: tuple[UUID, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Up to `limit` points by place and medication."""
    order = (REORDER_POINTS.c.location_id, REORDER_POINTS.c.medication_id)
    query = select(REORDER_POINTS).order_by(*order).limit(limit)
    if location_id is not None:
        query = query.where(REORDER_POINTS.c.location_id == location_id)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return connection.execute(query).mappings().all()


def claim_expiring(
    connection: Connection, *, until: date, threshold_days: int, at: datetime, limit: int
) -> Sequence[RowMapping]:
    """Batches with stock whose last day is `until` or sooner, each once for a threshold."""
    told = exists().where(
        EXPIRY_ALERTS.c.batch_id == BATCHES.c.id,
        EXPIRY_ALERTS.c.threshold_days <= threshold_days,
    )
    quantity = func.sum(BALANCES.c.quantity)
    query = (
        select(
            BATCHES.c.id,
            BATCHES.c.medication_id,
            BATCHES.c.lot,
            BATCHES.c.expires_on,
            quantity.label("quantity"),
        )
        .join(BALANCES, BALANCES.c.batch_id == BATCHES.c.id)
        .where(BATCHES.c.expires_on <= until, BATCHES.c.status != "recalled", ~told)
        .group_by(BATCHES.c.id)
        .having(quantity > Decimal(0))
        .order_by(BATCHES.c.id)
        .limit(limit)
    )
    found = connection.execute(query).mappings().all()
    if not found:
        return []
    claimed = connection.execute(
        insert(EXPIRY_ALERTS).on_conflict_do_nothing().returning(EXPIRY_ALERTS.c.batch_id),
        [{"batch_id": row["id"], "threshold_days": threshold_days, "at": at} for row in found],
    )
    ours = set(claimed.scalars())
    return [row for row in found if row["id"] in ours]


def sum_usable(
    connection: Connection, location_id: UUID, medication_id: UUID, today: date
) -> Decimal:
    """What a place could dispense of a medication today."""
    query = (
        select(func.coalesce(func.sum(BALANCES.c.quantity), 0))
        .join(BATCHES, BATCHES.c.id == BALANCES.c.batch_id)
        .where(
            BALANCES.c.location_id == location_id,
            BATCHES.c.medication_id == medication_id,
            BATCHES.c.status == "available",
            BATCHES.c.expires_on >= today,
        )
    )
    return Decimal(connection.execute(query).scalar_one())
