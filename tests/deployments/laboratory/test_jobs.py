"""The durable queue: each job once, also when its worker dies."""

import asyncio
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from storage.columns import new_id
from storage.laboratory import jobs
from storage.laboratory.tables import JOBS

LEASE = timedelta(seconds=10)


async def put(database, clock, *object_ids, urgency=jobs.USUAL):
    work = partial(jobs.enqueue, kind="ingest", object_ids=object_ids, at=clock(), urgency=urgency)
    await database.transact(work, keyed=False)


async def claim(database, clock, worker="one", limit=10):
    work = partial(jobs.claim, worker=worker, limit=limit, now=clock(), lease=LEASE)
    return await database.transact(work, keyed=False)


async def finish(database, clock, job):
    work = partial(jobs.finish, job_id=job.id, fence=job.fence, now=clock())
    return await database.transact(work, keyed=False)


async def test_one_that_waits_is_enough(laboratory_database, clock) -> None:
    message = new_id()
    await put(laboratory_database, clock, message)
    await put(laboratory_database, clock, message)
    (job,) = await claim(laboratory_database, clock)
    assert await claim(laboratory_database, clock) == []
    assert await finish(laboratory_database, clock, job)


async def test_the_urgent_ones_go_first(laboratory_database, clock) -> None:
    usual, urgent = new_id(), new_id()
    await put(laboratory_database, clock, usual)
    await put(laboratory_database, clock, urgent, urgency=jobs.URGENT)
    assert [job.object_id for job in await claim(laboratory_database, clock)] == [urgent, usual]


async def test_many_workers_share_without_doubling(laboratory_database, clock) -> None:
    await put(laboratory_database, clock, *(new_id() for _ in range(60)))
    shares = await asyncio.gather(
        *(claim(laboratory_database, clock, f"worker-{n}", limit=5) for n in range(12))
    )
    taken = [job.id for share in shares for job in share]
    assert len(taken) == len(set(taken))


async def test_whoever_lost_the_lease_finishes_nothing(laboratory_database, clock) -> None:
    await put(laboratory_database, clock, new_id())
    (slow,) = await claim(laboratory_database, clock, "slow")
    clock.advance(LEASE + timedelta(seconds=1))
    (again,) = await claim(laboratory_database, clock, "quick")
    assert not await finish(laboratory_database, clock, slow)
    assert await finish(laboratory_database, clock, again)


async def test_a_heartbeat_keeps_the_lease(laboratory_database, clock) -> None:
    await put(laboratory_database, clock, new_id())
    (job,) = await claim(laboratory_database, clock)
    clock.advance(LEASE / 2)
    beat = partial(jobs.heartbeat, held=[(job.id, job.fence)], until=clock() + LEASE)
    assert await laboratory_database.transact(beat, keyed=False) == {job.id}
    clock.advance(LEASE / 2 + timedelta(seconds=1))
    assert await claim(laboratory_database, clock) == []


async def fail(database, clock, job):
    work = partial(jobs.fail, job_id=job.id, fence=job.fence, error="why", now=clock())
    await database.transact(work, keyed=False)


async def test_a_poison_job_is_put_aside_with_its_error(laboratory_database, clock) -> None:
    await put(laboratory_database, clock, new_id())
    for _ in range(jobs.ATTEMPTS):
        (job,) = await claim(laboratory_database, clock)
        await fail(laboratory_database, clock, job)
        assert await claim(laboratory_database, clock) == [], "not before its time"
        clock.advance(timedelta(hours=1))
    assert await claim(laboratory_database, clock) == []
    query = select(JOBS.c.status, JOBS.c.error)
    kept = await laboratory_database.read(lambda connection: connection.execute(query).one())
    assert kept == ("failed", "why")


async def test_a_failed_one_gives_way_to_the_same_put_in_again(laboratory_database, clock) -> None:
    message = new_id()
    await put(laboratory_database, clock, message)
    (job,) = await claim(laboratory_database, clock)
    await put(laboratory_database, clock, message)
    await fail(laboratory_database, clock, job)
    clock.advance(timedelta(hours=1))
    (one,) = await claim(laboratory_database, clock)
    assert one.id != job.id


async def test_the_backlog_counts_what_is_due(laboratory_database, clock) -> None:
    await put(laboratory_database, clock, new_id(), new_id())
    await claim(laboratory_database, clock, limit=1)
    clock.advance(timedelta(seconds=3))
    found = await laboratory_database.read(partial(jobs.backlog, now=clock()))
    assert found == jobs.Backlog(waiting=1, running=1, oldest_s=3.0)
