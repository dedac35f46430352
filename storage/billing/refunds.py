"""Refunds: asked for, decided, sent, done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update

from storage.billing.payment_tables import REFUNDS

UNFINISHED: Final = ("requested", "approved", "in-progress")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which refunds are listed; None filters nothing."""

    payment_id: UUID | None = None
    patient_id: UUID | None = None
    status: str | None = None
    before: UUID | None = None


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Writes a refund that is asked for."""
    row = {"fence": 0, "version": 1, **values}
    return connection.execute(insert(REFUNDS).returning(*REFUNDS.columns), row).mappings().one()


def find(connection: Connection, refund_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The refund, or None; with `lock` until the transaction ends."""
    query = select(REFUNDS).where(REFUNDS.c.id == refund_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def change(connection: Connection, refund_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes values into a refund that the caller has locked.

    Raises:
        sqlalchemy.exc.IntegrityError: the same person would take two steps of it.
    """
    statement = (
        update(REFUNDS)
        .where(REFUNDS.c.id == refund_id)
        .values(version=REFUNDS.c.version + 1, **values)
        .returning(*REFUNDS.columns)
    )
    return connection.execute(statement).mappings().one()


def list_unfinished(connection: Connection, payment_id: UUID) -> Sequence[RowMapping]:
    """Refunds of a payment that are neither done nor refused, locked."""
    query = (
        select(REFUNDS)
        .where(REFUNDS.c.payment_id == payment_id, REFUNDS.c.status.in_(UNFINISHED))
        .order_by(REFUNDS.c.id)
        .with_for_update()
    )
    return connection.execute(query).mappings().all()


def claim_due(
    connection: Connection, now: datetime, until: datetime, limit: int
) -> Sequence[RowMapping]:
    """Takes refunds of which the provider's answer is missing; nobody else does before `until`."""
    due = (
        select(REFUNDS.c.id)
        .where(REFUNDS.c.status == "in-progress", REFUNDS.c.due_at <= now)
        .order_by(REFUNDS.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(REFUNDS)
        .where(REFUNDS.c.id == due.c.id)
        .values(fence=REFUNDS.c.fence + 1, due_at=until)
        .returning(*REFUNDS.columns)
    )
    return connection.execute(statement).mappings().all()


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` refunds, newest first."""
    query = select(REFUNDS).order_by(REFUNDS.c.id.desc()).limit(limit)
    for name in ("payment_id", "patient_id", "status"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(REFUNDS.c[name] == value)
    if wanted.before is not None:
        query = query.where(REFUNDS.c.id < wanted.before)
    return connection.execute(query).mappings().all()
