"""The transactional outbox and inbox: what is committed is delivered, and takes effect once.

One row per event and listener is written in the publisher's transaction. A relay leases rows
(oldest unsent one of each aggregate and listener first), delivers them outside any transaction,
and marks them. The listener writes an inbox row with its effect. Rules R5-R7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Index,
    Integer,
    Row,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.columns import house

ATTEMPTS: Final = 5
SENT_KEPT: Final = timedelta(days=7)
RECEIVED_KEPT: Final = timedelta(days=30)

outbox = Table(
    "outbox",
    house,
    Column("sequence", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("listener", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("occurred_at", TIMESTAMP(timezone=True), nullable=False),
    Column("request_id", Text),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", TIMESTAMP(timezone=True), nullable=False, server_default=func.now()),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("error", Text),
)
PENDING: Final = text("state = 'pending'")
Index("ix_outbox_pending", outbox.c.sequence, postgresql_where=PENDING)
Index(
    "ix_outbox_pending_aggregate",
    outbox.c.aggregate_id,
    outbox.c.listener,
    outbox.c.sequence,
    postgresql_where=PENDING,
)
Index("ix_outbox_dead", outbox.c.sequence, postgresql_where=text("state = 'dead'"))
Index("ix_outbox_settled_at", outbox.c.settled_at, postgresql_where=text("state = 'sent'"))

APPEND: Final = insert(outbox)
"""Compiled once: with `.values([...])` SQLAlchemy compiles at every call."""

inbox = Table(
    "inbox",
    house,
    Column("event_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_inbox_received_at", "received_at"),
)


RECEIVE: Final = upsert(inbox).on_conflict_do_nothing()


@dataclass(frozen=True)
class Outgoing:
    """One event on its way to one listener."""

    event_id: UUID
    listener: str
    name: str
    aggregate_id: UUID
    payload: dict[str, Any]
    occurred_at: datetime
    request_id: str | None


@dataclass(frozen=True)
class Lag:
    """How far a service's outbox is behind.

    Attributes:
        pending: events not yet delivered.
        oldest_s: age of the oldest of them, seconds; 0.0 when there is none.
        dead: events given up on, waiting for a replay.
    """

    pending: int
    oldest_s: float
    dead: int


def append(connection: Connection, rows: Sequence[Outgoing]) -> None:
    """Writes the rows; they are delivered once the transaction commits."""
    if not rows:
        return
    connection.execute(APPEND, [vars(row) for row in rows])
    connection.info["published"] = published_in(connection) + len(rows)


def published_in(connection: Connection) -> int:
    """How many rows this checkout of the connection has appended."""
    return int(connection.info.get("published", 0))


def lease(connection: Connection, limit: int, seconds: float) -> Sequence[Row[Any]]:
    """Takes up to `limit` due rows for `seconds`; nobody else takes them meanwhile.

    Only the oldest unsettled row of each aggregate and listener is taken, so that a listener
    hears one aggregate's events in order. A relay that dies gives its rows back by time-out.
    """
    return connection.execute(
        text(
            "UPDATE outbox SET attempts = attempts + 1,"
            " due_at = now() + make_interval(secs => :seconds)"
            " WHERE sequence IN ("
            "  SELECT o.sequence FROM outbox o WHERE o.state = 'pending' AND o.due_at <= now()"
            "  AND NOT EXISTS (SELECT 1 FROM outbox older WHERE older.state = 'pending'"
            "   AND older.aggregate_id = o.aggregate_id AND older.listener = o.listener"
            "   AND older.sequence < o.sequence)"
            "  ORDER BY o.sequence LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " RETURNING sequence, event_id, listener, name, aggregate_id, payload, occurred_at,"
            " request_id, attempts"
        ),
        {"limit": limit, "seconds": seconds},
    ).all()


def settle(connection: Connection, sequences: Sequence[int]) -> None:
    """Marks rows as delivered."""
    connection.execute(
        update(outbox)
        .where(outbox.c.sequence.in_(sequences))
        .values(state="sent", settled_at=func.now(), error=None)
    )


def postpone(connection: Connection, sequence: int, error: str, seconds: float | None) -> None:
    """Tries a row again after `seconds`, or parks it as dead when None.

    A row that another relay delivered meanwhile, because the lease had passed, stays delivered.
    """
    values: dict[str, Any] = {"error": error[:200]}
    if seconds is None:
        values |= {"state": "dead", "settled_at": func.now()}
    else:
        values |= {"due_at": func.now() + timedelta(seconds=seconds)}
    unsettled = (outbox.c.sequence == sequence) & (outbox.c.state == "pending")
    connection.execute(update(outbox).where(unsettled).values(values))


def replay(connection: Connection) -> int:
    """Puts every dead row back in line; returns how many."""
    return connection.execute(
        update(outbox)
        .where(outbox.c.state == "dead")
        .values(state="pending", attempts=0, due_at=func.now(), settled_at=None)
    ).rowcount


def receive(connection: Connection, event_id: UUID, name: str) -> bool:
    """Writes the inbox row; False when the event has taken effect before."""
    return connection.execute(RECEIVE, {"event_id": event_id, "name": name}).rowcount == 1


def lag(connection: Connection) -> Lag:
    """Counts what is pending and dead."""
    row = connection.execute(
        select(
            func.count().filter(outbox.c.state == "pending").label("pending"),
            func.coalesce(
                func.extract(
                    "epoch",
                    func.now() - func.min(outbox.c.occurred_at).filter(outbox.c.state == "pending"),
                ),
                0,
            ).label("oldest"),
            func.count().filter(outbox.c.state == "dead").label("dead"),
        ).where(outbox.c.state.in_(("pending", "dead")))
    ).one()
    return Lag(row.pending, float(row.oldest), row.dead)


def forget_old(connection: Connection) -> None:
    """Deletes delivered rows after `SENT_KEPT` and inbox rows after `RECEIVED_KEPT`."""
    connection.execute(
        delete(outbox).where(outbox.c.state == "sent", outbox.c.settled_at < func.now() - SENT_KEPT)
    )
    connection.execute(delete(inbox).where(inbox.c.received_at < func.now() - RECEIVED_KEPT))
