"""The durable queue: leased with SKIP LOCKED, fenced, run again when a worker dies."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, and_, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert

from storage.columns import new_id
from storage.laboratory.tables import JOBS

URGENT: Final = 0
USUAL: Final = 5
ATTEMPTS: Final = 6
FIRST_BACKOFF_S: Final = 2.0

_PUT: Final = insert(JOBS).on_conflict_do_nothing(
    index_elements=["kind", "object_id"], index_where=text("status = 'waiting'")
)


class Backlog(NamedTuple):
    """What waits now.

    Attributes:
        waiting: due jobs that nobody works on.
        running: jobs with a lease that holds.
        oldest_s: how long the oldest due job has waited, seconds.
    """

    waiting: int
    running: int
    oldest_s: float


def enqueue(
    connection: Connection,
    kind: str,
    object_ids: Collection[UUID],
    *,
    at: datetime,
    urgency: int = USUAL,
) -> None:
    """Puts one job for each object into the queue; one that waits already is enough."""
    if object_ids:
        connection.execute(
            _PUT,
            [
                {
                    "id": new_id(),
                    "kind": kind,
                    "object_id": object_id,
                    "urgency": urgency,
                    "status": "waiting",
                    "due_at": at,
                    "attempts": 0,
                    "fence": 0,
                    "created_at": at,
                }
                for object_id in object_ids
            ],
        )


def claim(
    connection: Connection, worker: str, *, limit: int, now: datetime, lease: timedelta
) -> Sequence[Row[Any]]:
    """Takes due jobs, the most urgent first; those of dead workers too.

    Each claim raises the fence, so that whoever had the job before can no longer finish it.
    """
    due = or_(
        and_(JOBS.c.status == "waiting", JOBS.c.due_at <= now),
        and_(JOBS.c.status == "running", JOBS.c.leased_until < now),
    )
    picked = (
        select(JOBS.c.id)
        .where(due)
        .order_by(JOBS.c.urgency, JOBS.c.due_at, JOBS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    taken = (
        update(JOBS)
        .where(JOBS.c.id == picked.c.id)
        .values(
            status="running",
            worker=worker,
            fence=JOBS.c.fence + 1,
            attempts=JOBS.c.attempts + 1,
            leased_until=now + lease,
        )
        .returning(JOBS)
    )
    rows = connection.execute(taken).all()
    return sorted(rows, key=lambda row: (row.urgency, row.due_at, row.id))


def heartbeat(
    connection: Connection, held: Collection[tuple[UUID, int]], until: datetime
) -> set[UUID]:
    """Moves leases on; the jobs that are still held."""
    kept = (
        update(JOBS)
        .where(
            JOBS.c.status == "running",
            or_(*(and_(JOBS.c.id == id_, JOBS.c.fence == fence) for id_, fence in held)),
        )
        .values(leased_until=until)
        .returning(JOBS.c.id)
    )
    return set(connection.execute(kept).scalars()) if held else set()


def finish(connection: Connection, job_id: UUID, fence: int, now: datetime) -> bool:
    """Closes a job in the transaction of its effect; False when somebody else has it by now.

    The caller must then roll back.
    """
    done = (
        update(JOBS)
        .where(JOBS.c.id == job_id, JOBS.c.fence == fence, JOBS.c.status == "running")
        .values(status="done", finished_at=now, leased_until=None, error=None)
    )
    return connection.execute(done).rowcount == 1


def fail(connection: Connection, job_id: UUID, fence: int, error: str, now: datetime) -> None:
    """Puts a job back for later, or aside when it has failed often enough.

    It is done with when the same was put into the queue again meanwhile.
    """
    other = JOBS.alias()
    again = (
        select(other.c.id)
        .where(
            other.c.kind == JOBS.c.kind,
            other.c.object_id == JOBS.c.object_id,
            other.c.status == "waiting",
        )
        .exists()
    )
    hopeless = JOBS.c.attempts >= ATTEMPTS
    seconds = FIRST_BACKOFF_S * func.power(2, JOBS.c.attempts)
    connection.execute(
        update(JOBS)
        .where(JOBS.c.id == job_id, JOBS.c.fence == fence, JOBS.c.status == "running")
        .values(
            status=case((again, "done"), (hopeless, "failed"), else_="waiting"),
            due_at=literal(now, TIMESTAMP(timezone=True))
            + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
            leased_until=None,
            error=error,
        )
    )


def backlog(connection: Connection, now: datetime) -> Backlog:
    """What waits and what is being worked on."""
    open_ = JOBS.c.status.in_(("waiting", "running"))
    due = or_(
        and_(JOBS.c.status == "waiting", JOBS.c.due_at <= now),
        and_(JOBS.c.status == "running", JOBS.c.leased_until < now),
    )
    counted = connection.execute(
        select(
            func.count().filter(due),
            func.count().filter(JOBS.c.status == "running", JOBS.c.leased_until >= now),
            func.min(JOBS.c.due_at).filter(due),
        ).where(open_)
    ).one()
    oldest = counted[2]
    return Backlog(counted[0], counted[1], (now - oldest).total_seconds() if oldest else 0.0)
