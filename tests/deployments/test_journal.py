"""Audit rows without a transaction of their own: on the disk before anybody is answered."""

import asyncio

import pytest
from sqlalchemy import func, select

from deployments import sealing
from deployments.journal import Journal
from deployments.sealing import Sealer, sealing_key
from storage import seals
from storage.audit import AuditRow, audit_log
from storage.columns import new_id
from storage.database import Database, DatabaseUnavailable


def row(clock) -> AuditRow:
    return AuditRow(new_id(), "doctor", "read", "Condition", None, clock(), outcome="denied")


async def count(database) -> int:
    return await database.read(
        lambda conn: conn.execute(select(func.count()).select_from(audit_log)).scalar_one()
    )


async def test_many_at_once_are_all_written_in_few_commits(appointments_database, clock) -> None:
    commits = 0
    transact = appointments_database.transact

    async def counted(*args, **kwargs):
        nonlocal commits
        commits += 1
        return await transact(*args, **kwargs)

    appointments_database.transact = counted
    journal = Journal(appointments_database)
    await asyncio.gather(*(journal.write(row(clock)) for _ in range(50)))
    assert await count(appointments_database) == 50
    assert commits <= 3


async def test_written_before_it_returns(appointments_database, clock) -> None:
    await Journal(appointments_database).write(row(clock))
    assert await count(appointments_database) == 1


async def test_who_is_not_written_is_not_answered(clock) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", threads=1)
    with pytest.raises(DatabaseUnavailable):
        await Journal(nowhere).write(row(clock))
    await nowhere.close()


async def test_one_who_leaves_does_not_take_the_others_along(appointments_database, clock) -> None:
    journal = Journal(appointments_database)
    leaving, staying = (asyncio.create_task(journal.write(row(clock))) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert await count(appointments_database) == 2


class Remembering:
    def __init__(self) -> None:
        self.anchors: list[tuple[str, int, bytes]] = []

    async def find_audit_anchor(self, service: str) -> tuple[int, bytes]:
        return next(
            ((at, seal) for name, at, seal in self.anchors[::-1] if name == service), (0, b"")
        )

    async def anchor_audit(self, service: str, position: int, seal: bytes) -> None:
        self.anchors.append((service, position, seal))


async def test_what_is_sealed_is_anchored(appointments_database, clock) -> None:
    witness, key = Remembering(), sealing_key("secret", "appointments")
    sealer = Sealer(appointments_database, "appointments", key, witness)
    await Journal(appointments_database).write(row(clock))
    head = await sealer.seal_due()
    assert witness.anchors == [("appointments", head.position, head.seal)]
    assert await sealer.seal_due() is None
    fault = await appointments_database.read(lambda conn: seals.find_fault(conn, key, head))
    assert fault is None


class Rested(Exception):
    """The loop wanted to rest."""


@pytest.mark.parametrize(("batch", "anchored"), [(2, [2, 3]), (2000, [3])])
async def test_it_rests_once_less_than_a_batch_is_left(
    appointments_database, clock, monkeypatch, batch, anchored
) -> None:
    async def rest(_seconds: float) -> None:
        raise Rested

    monkeypatch.setattr(seals, "BATCH", batch)
    monkeypatch.setattr(seals, "UNSEALED", seals.UNSEALED.limit(batch))
    monkeypatch.setattr(sealing.asyncio, "sleep", rest)
    for _ in range(3):
        await Journal(appointments_database).write(row(clock))
    witness = Remembering()
    with pytest.raises(Rested):
        await Sealer(appointments_database, "appointments", b"key", witness).run()
    assert [position for _, position, _ in witness.anchors] == anchored
