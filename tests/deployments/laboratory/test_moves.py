"""Guarded moves: of two hands one wins, and each step is written down."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import insert, select

from storage.columns import new_id
from storage.laboratory import moves
from storage.laboratory.moves import Mover, Why
from storage.laboratory.tables import MOVES, ORDERS

HAND = Mover(new_id(), "lab_technician")
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


async def ordered(database):
    order_id = new_id()
    row = {
        "id": order_id, "patient_id": new_id(), "practitioner_id": new_id(), "status": "active",
        "priority": "routine", "patient_sex": "female", "ordered_at": AT, "updated_by": new_id(),
        "updated_at": AT, "version": 1,
    }  # fmt: skip
    work = lambda connection: connection.execute(insert(ORDERS), row)  # noqa: E731
    await database.transact(work, keyed=False)
    return order_id


async def hold(database, order_id, **more):
    def work(connection):
        rows = moves.move(
            connection, "order", [order_id], to="on-hold", allowed_from={"active"}, name="hold",
            mover=HAND, at=AT, why=Why("waiting", "for the patient"), **more,
        )  # fmt: skip
        return len(rows)

    return await database.transact(work, keyed=False)


async def test_of_two_hands_one_wins(laboratory_database) -> None:
    order_id = await ordered(laboratory_database)
    hands = (hold(laboratory_database, order_id) for _ in range(8))
    assert sum(await asyncio.gather(*hands)) == 1
    written = await laboratory_database.read(
        lambda connection: connection.execute(select(MOVES)).all()
    )
    assert [(one.move, one.status, one.version, one.reason_code) for one in written] == [
        ("hold", "on-hold", 2, "waiting")
    ]


async def test_who_saw_an_older_version_moves_nothing(laboratory_database) -> None:
    order_id = await ordered(laboratory_database)
    assert await hold(laboratory_database, order_id, version=7) == 0
    assert await hold(laboratory_database, order_id, version=1) == 1


async def test_nothing_asked_nothing_moved(laboratory_database) -> None:
    def work(connection):
        return moves.move(
            connection, "test", [], to="released", allowed_from={"verified"}, name="release",
            mover=HAND, at=AT,
        )  # fmt: skip

    assert await laboratory_database.transact(work, keyed=False) == []
