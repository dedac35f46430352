"""Durable queues in a service's database: leased with SKIP LOCKED, fenced, run again after a death.

A queue is a table with the columns id, kind, object_id, urgency, status, due_at, attempts, fence,
worker, leased_until, error, created_at, finished_at, and a unique index over (kind, object_id)
where it waits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert

from storage.columns import new_id

URGENT: Final = 0
USUAL: Final = 5
FIRST_BACKOFF_S: Final = 2.0
LONGEST_BACKOFF_S: Final = 3600.0


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


class Queue:
    """The queue in a table.

    Args:
        table: see above.
        attempts: a job that failed so often is put aside.
    """

    def __init__(self, table: Table, *, attempts: int) -> None:
        self._jobs = table
        self._attempts = attempts
        self._put = insert(table).on_conflict_do_nothing(
            index_elements=["kind", "object_id"], index_where=text("status = 'waiting'")
        )

    def enqueue(
        self,
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
                self._put,
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
        self, connection: Connection, worker: str, *, limit: int, now: datetime, lease: timedelta
    ) -> Sequence[Row[Any]]:
        """Takes due jobs, the most urgent first; those of dead workers too.

        Each claim raises the fence, so that whoever had the job before can no longer finish it.
        """
        jobs = self._jobs
        picked = (
            select(jobs.c.id)
            .where(self._due(now))
            .order_by(jobs.c.urgency, jobs.c.due_at, jobs.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        taken = (
            update(jobs)
            .where(jobs.c.id == picked.c.id)
            .values(
                status="running",
                worker=worker,
                fence=jobs.c.fence + 1,
                attempts=jobs.c.attempts + 1,
                leased_until=now + lease,
            )
            .returning(jobs)
        )
        rows = connection.execute(taken).all()
        return sorted(rows, key=lambda row: (row.urgency, row.due_at, row.id))

    def heartbeat(
        self, connection: Connection, held: Collection[tuple[UUID, int]], until: datetime
    ) -> set[UUID]:
        """Moves leases on; the jobs that are still held."""
        jobs = self._jobs
        kept = (
            update(jobs)
            .where(
                jobs.c.status == "running",
                or_(*(and_(jobs.c.id == id_, jobs.c.fence == fence) for id_, fence in held)),
            )
            .values(leased_until=until)
            .returning(jobs.c.id)
        )
        return set(connection.execute(kept).scalars()) if held else set()

    def finish(self, connection: Connection, job_id: UUID, fence: int, now: datetime) -> bool:
        """Closes a job in the transaction of its effect; False when somebody else has it by now.

        The caller must then roll back.
        """
        done = (
            update(self._jobs)
            .where(self._held(job_id, fence))
            .values(status="done", finished_at=now, leased_until=None, error=None)
        )
        return connection.execute(done).rowcount == 1

    def fail(
        self, connection: Connection, job_id: UUID, fence: int, error: str, now: datetime
    ) -> None:
        """Puts a job back for later, or aside when it has failed often enough.

        It is done with when the same was put into the queue again meanwhile.
        """
        jobs, other = self._jobs, self._jobs.alias()
        again = (
            select(other.c.id)
            .where(
                other.c.kind == jobs.c.kind,
                other.c.object_id == jobs.c.object_id,
                other.c.status == "waiting",
            )
            .exists()
        )
        seconds = func.least(FIRST_BACKOFF_S * func.power(2, jobs.c.attempts), LONGEST_BACKOFF_S)
        connection.execute(
            update(jobs)
            .where(self._held(job_id, fence))
            .values(
                status=case(
                    (again, "done"), (jobs.c.attempts >= self._attempts, "failed"), else_="waiting"
                ),
                due_at=literal(now, TIMESTAMP(timezone=True))
                + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
                leased_until=None,
                error=error,
            )
        )

    def backlog(self, connection: Connection, now: datetime) -> Backlog:
        """What waits and what is being worked on."""
        jobs, due = self._jobs, self._due(now)
        counted = connection.execute(
            select(
                func.count().filter(due),
                func.count().filter(jobs.c.status == "running", jobs.c.leased_until >= now),
                func.min(jobs.c.due_at).filter(due),
            ).where(jobs.c.status.in_(("waiting", "running")))
        ).one()
        oldest = counted[2]
        waited = (now - oldest).total_seconds() if oldest else 0.0
        return Backlog(counted[0], counted[1], waited)

    def _due(self, now: datetime) -> ColumnElement[bool]:
        jobs = self._jobs
        return or_(
            and_(jobs.c.status == "waiting", jobs.c.due_at <= now),
            and_(jobs.c.status == "running", jobs.c.leased_until < now),
        )

    def _held(self, job_id: UUID, fence: int) -> ColumnElement[bool]:
        jobs = self._jobs
        return and_(jobs.c.id == job_id, jobs.c.fence == fence, jobs.c.status == "running")
