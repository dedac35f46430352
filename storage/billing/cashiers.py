"""Sessions of cashiers: opened, moved by cash, closed, reconciled."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, insert, select, update

from storage.billing.payment_tables import SESSIONS


def add(connection: Connection, values: Mapping[str, Any]) -> RowMapping:
    """Opens a session.

    Raises:
        sqlalchemy.exc.IntegrityError: the cashier has one open.
    """
    row = {"status": "open", "taken": 0, "paid_out": 0, "version": 1, **values}
    return connection.execute(insert(SESSIONS).returning(*SESSIONS.columns), row).mappings().one()


def find(connection: Connection, session_id: UUID, *, lock: bool = False) -> RowMapping | None:
    """The session, or None; with `lock` until the transaction ends."""
    query = select(SESSIONS).where(SESSIONS.c.id == session_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def move_cash(
    connection: Connection, cashier_id: UUID, currency: str, *, taken: int = 0, paid_out: int = 0
) -> UUID | None:
    """Counts cash into or out of the cashier's open drawer.

    Returns:
        The session; None when the cashier has none open in the currency, or too little is in it.
    """
    statement = (
        update(SESSIONS)
        .where(
            SESSIONS.c.cashier_id == cashier_id,
            SESSIONS.c.status == "open",
            SESSIONS.c.currency == currency,
            SESSIONS.c.opening_float + SESSIONS.c.taken + taken >= SESSIONS.c.paid_out + paid_out,
        )
        .values(taken=SESSIONS.c.taken + taken, paid_out=SESSIONS.c.paid_out + paid_out)
        .returning(SESSIONS.c.id)
    )
    session_id: UUID | None = connection.execute(statement).scalar()
    return session_id


def change(connection: Connection, session_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Writes values into a session that the caller has locked.

    Raises:
        sqlalchemy.exc.IntegrityError: a difference has no reason, or the cashier reconciles.
    """
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.id == session_id)
        .values(version=SESSIONS.c.version + 1, **values)
        .returning(*SESSIONS.columns)
    )
    return connection.execute(statement).mappings().one()


def list_page(
    connection: Connection, status: str | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Up to `limit` sessions, newest first."""
    query = select(SESSIONS).order_by(SESSIONS.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(SESSIONS.c.status == status)
    if before is not None:
        query = query.where(SESSIONS.c.id < before)
    return connection.execute(query).mappings().all()
