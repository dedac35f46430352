"""Payments: written, claimed for the provider, moved, reserved for refunds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.billing.payment_tables import PAYMENTS, PROVIDER_EVENTS

OPEN: Final = ("created", "pending", "unknown")
ZERO: Final = {"captured": 0, "deposited": 0, "refunded": 0, "reserved": 0, "fence": 0}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which payments are listed; None filters nothing."""

    patient_id: UUID | None = None
    invoice_id: UUID | None = None
    status: str | None = None
    before: UUID | None = None


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Writes a payment; nothing of it is captured yet."""
    row = {**ZERO, "version": 1, **values}
    return connection.execute(insert(PAYMENTS).returning(*PAYMENTS.columns), row).mappings().one()


def find(connection: Connection, payment_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The payment, or None; with `lock` until the transaction ends."""
    query = select(PAYMENTS).where(PAYMENTS.c.id == payment_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def change(connection: Connection, payment_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes values into a payment that the caller has locked."""
    statement = (
        update(PAYMENTS)
        .where(PAYMENTS.c.id == payment_id)
        .values(version=PAYMENTS.c.version + 1, **values)
        .returning(*PAYMENTS.columns)
    )
    return connection.execute(statement).mappings().one()


def underway(connection: Connection, invoice_id: UUID) -> int:
    """What is being paid on an invoice and not decided yet, minor units."""
    query = select(func.coalesce(func.sum(PAYMENTS.c.amount), 0)).where(
        PAYMENTS.c.invoice_id == invoice_id, PAYMENTS.c.status.in_(OPEN)
    )
    return int(connection.execute(query).scalar_one())


def claim_new(connection: Connection, payment_id: UUID, until: datetime) -> RowMapping | None:
    """Takes a payment that nobody has asked the provider for; None when somebody has."""
    mine = select(PAYMENTS.c.id, PAYMENTS.c.status).where(
        PAYMENTS.c.id == payment_id, PAYMENTS.c.status == "created"
    )
    return next(iter(_claim(connection, mine.with_for_update(), until)), None)


def claim_due(
    connection: Connection, now: datetime, until: datetime, limit: int
) -> Sequence[RowMapping]:
    """Takes card payments that somebody must look after; nobody else gets them before `until`.

    Each row tells in `was` the status that it had: of `created` the provider has not heard.
    """
    due = (
        select(PAYMENTS.c.id, PAYMENTS.c.status)
        .where(PAYMENTS.c.method == "card", PAYMENTS.c.status.in_(OPEN), PAYMENTS.c.due_at <= now)
        .order_by(PAYMENTS.c.due_at)
        .limit(limit)
    )
    return _claim(connection, due.with_for_update(skip_locked=True), until)


def _claim(connection: Connection, which: Select[Any], until: datetime) -> Sequence[RowMapping]:
    before = which.cte("before")
    statement = (
        update(PAYMENTS)
        .where(PAYMENTS.c.id == before.c.id)
        .values(
            status=case((PAYMENTS.c.status == "created", "pending"), else_=PAYMENTS.c.status),
            fence=PAYMENTS.c.fence + 1,
            due_at=until,
            version=PAYMENTS.c.version + 1,
        )
        .returning(*PAYMENTS.columns, before.c.status.label("was"))
    )
    return connection.execute(statement).mappings().all()


def reserve(connection: Connection, payment_id: UUID, amount: int) -> RowMapping | None:
    """Keeps a part of what was captured for a refund; None when so much is not left."""
    statement = (
        update(PAYMENTS)
        .where(
            PAYMENTS.c.id == payment_id,
            PAYMENTS.c.status == "succeeded",
            PAYMENTS.c.refunded + PAYMENTS.c.reserved + amount <= PAYMENTS.c.captured,
        )
        .values(reserved=PAYMENTS.c.reserved + amount, version=PAYMENTS.c.version + 1)
        .returning(*PAYMENTS.columns)
    )
    return connection.execute(statement).mappings().first()


def list_page(connection: Connection, wanted: Filter, limit: int) -> Sequence[RowMapping]:
    """Up to `limit` payments, newest first."""
    query = select(PAYMENTS).order_by(PAYMENTS.c.id.desc()).limit(limit)
    for name in ("patient_id", "invoice_id", "status"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(PAYMENTS.c[name] == value)
    if wanted.before is not None:
        query = query.where(PAYMENTS.c.id < wanted.before)
    return connection.execute(query).mappings().all()


def note_event(connection: Connection, event_id: str, kind: str, at: datetime) -> bool:
    """Remembers a webhook in the transaction of its effect; False when it was there before."""
    statement = upsert(PROVIDER_EVENTS).on_conflict_do_nothing()
    values = {"id": event_id, "kind": kind, "received_at": at}
    return connection.execute(statement, values).rowcount == 1
